"""`train_model.py`: trains a model on normal frames, and writes `model.h5`."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.cli.conflicts import Conflict
from abnormal.cli.messages import show_result
from abnormal.cli.program import (
    frame_size,
    make_parser,
    positive_float,
    positive_int,
    run_program,
    seed,
    share,
    zero_or_more,
)
from abnormal.commands import DEFAULT_IMG, DEFAULT_MODEL
from abnormal.errors import AbnormalError
from abnormal.models.defaults import (
    ARCHITECTURES,
    Defaults,
    is_file_and_function,
)
from abnormal.models.trust import TRUST_HELP, trusting
from abnormal.names import (
    AUTO_BATCH_SIZE,
    DISTRIBUTION_NAMES,
    LOSS_NAMES,
    PRECISION_NAMES,
    TUNE_NAMES,
)

if TYPE_CHECKING:  # importing `dataclasses` would double the time of `--help`
    from abnormal.scoring.calibration import Calibration
    from abnormal.training.options import TrainingOptions

_CONFLICTS = (
    Conflict(
        lambda args: args.status,
        "{options} {are} not for --status, which only prints what the folder of checkpoints holds. "
        "Leave out one or the other.",
        all_but=("status", "checkpoints", "output"),
    ),
    Conflict(
        lambda args: args.calibrate,
        "{options} {are} for training, but --calibrate FOLDER only learns from FOLDER what is "
        "normal for the model --output. Leave out one or the other.",
        all_but=("calibrate", "camera", "output", "trust"),
    ),
    Conflict(
        lambda args: not args.calibrate,
        "{options} {are} for --calibrate FOLDER. Add that, or leave {them} out.",
        without_effect=("camera",),
    ),
    Conflict(
        lambda args: args.distribute != "hosts",
        "{options} {are} for training on several hosts. Add --distribute hosts, or leave {them} "
        "out.",
        without_effect=("coordinator", "hosts", "host_index"),
    ),
)

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code."""
    return run_program(_parser(), _work, argv, _CONFLICTS)


def _work(args: argparse.Namespace) -> int:
    if args.status:
        return _status(args)
    _require_one_device_for_own_network(args)
    with trusting(args.trust):
        options = None if args.calibrate else _options(args)
        _require_files(args)
        if options and args.distribute != "hosts" and _is_finished(options):
            return 0
        from abnormal.models.backend import start_backend

        start_backend()
        return _train(args, options) if options else _calibrate(args)


def _is_finished(options: "TrainingOptions") -> bool:
    """Tells whether there is nothing to do, and then says so."""
    from abnormal.training.finished import is_finished  # not imported for `--help`

    finished = is_finished(options)
    if finished:
        show_result(f"model: {options.output}")
    return finished


def _status(args: argparse.Namespace) -> int:
    from abnormal.training.choices import default_checkpoints
    from abnormal.training.status import status_lines

    for line in status_lines(args.checkpoints or default_checkpoints(args.output)):
        show_result(line)
    return 0


def _calibrate(args: argparse.Namespace) -> int:
    from abnormal.training.recalibrate import recalibrate

    calibration = recalibrate(args.output, args.calibrate, args.camera)
    cameras = ", ".join(filter(None, calibration.cameras))
    show_result(
        f"model: {args.output}, calibrated on {calibration.frames} frames of "
        f"{len(calibration.videos)} videos{f' of {cameras}' if cameras else ''}"
    )
    _print_promises(calibration)
    return 0


def _train(args: argparse.Namespace, options: "TrainingOptions") -> int:
    from abnormal.report.losses import plot_losses
    from abnormal.training.distribute import open_devices
    from abnormal.training.options import HostAddresses
    from abnormal.training.own_parts import with_own_network
    from abnormal.training.run import train

    addresses = HostAddresses(args.coordinator, args.hosts, args.host_index)
    # Only a file that the user has named is run, never one that the model of --init names.
    if args.arch and is_file_and_function(args.arch):
        options = with_own_network(options)
    with open_devices(args.distribute, addresses) as devices:
        result = train(options, devices)
    if result:  # only on the host that writes the model
        epochs, why = len(result.info.history), ", stopped early" if result.stopped_early else ""
        show_result(f"model: {options.output} (epoch {result.best_epoch} of {epochs}{why})")
        _print_promises(result.calibration)
        name, plot = options.output.stem, result.losses.with_suffix(".png")
        plot_losses({name: result.info.history}, {name: result.info.loss}, plot)
        show_result(f"losses: {result.losses}, {plot}")
    return 0


def _print_promises(calibration: "Calibration") -> None:
    """Prints how often normal footage raises alarms, and what each camera would find."""
    from abnormal.scoring.calibration import describe_exam, describe_rate_check

    if calibration.rate_check:
        show_result(describe_rate_check(calibration))
    for camera, results in calibration.exams.items():
        show_result(f"exam{f' of {camera}' if camera else ''}: {describe_exam(results)}")


def _require_files(args: argparse.Namespace) -> None:
    """Raises for missing files before TensorFlow is imported, which takes seconds."""
    from abnormal.files import require_path  # not imported for `--help`
    from abnormal.frames.manifest import require_img
    from abnormal.models.model_path import check_suffix, require_model_file

    if args.calibrate:
        require_model_file(args.output)
        require_path(args.calibrate)
        return
    if args.distribute == "hosts":
        return  # a host that exits before it has joined the others would leave them waiting
    check_suffix(args.output)
    if args.arch and is_file_and_function(args.arch):
        require_path(Path(args.arch.rpartition(":")[0]))
    if args.init:
        require_model_file(args.init)
    require_img(args.img)


def _require_one_device_for_own_network(args: argparse.Namespace) -> None:
    if args.distribute == "hosts" and args.arch and is_file_and_function(args.arch):
        raise AbnormalError(
            f"A network of your own is trained on one device, but {args.arch} and --distribute "
            "hosts are asked for. Leave --distribute out."
        )


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "train",
        description="Learns from the normal frames under img/.",
        epilog=_defaults_table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--img", type=Path, default=DEFAULT_IMG, help="folder of frames (default: img)")
    add("--output", type=Path, default=DEFAULT_MODEL, help="model file (default: model.h5)")
    _add_network(parser)
    _add_training(parser)
    _add_computing(parser)
    _add_checkpoints(parser)
    add = parser.add_argument_group("instead of training").add_argument
    add(
        "--calibrate",
        type=Path,
        metavar="FOLDER",
        help="only calibrate --output again, on other normal footage: videos, or an img folder",
    )
    add("--camera", default="", help="with --calibrate: which camera of the model FOLDER is of")
    add("--status", action="store_true", help="print what the folder of checkpoints holds")
    return parser


def _add_network(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("network").add_argument
    add(
        "--arch",
        type=_arch,
        metavar="NAME",
        help=f"architecture: {', '.join(ARCHITECTURES)} (see below; default: the first, or that of "
        "--init), or FILE.py:FUNCTION for a network of your own, which runs the code in that file",
    )
    add("--size", type=frame_size, help="height and width of a frame")
    add("--clip-length", type=positive_int, help="frames per clip")
    add("--bottleneck", type=positive_int, help="units of the dense layer of the network cae")
    add(
        "--init",
        type=Path,
        metavar="MODEL",
        help="fine-tune this model, with its size and clip length; name another --output",
    )
    add("--trust", action="store_true", help=TRUST_HELP)


def _add_training(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("training").add_argument
    add("--epochs", type=positive_int, help="passes over the footage, unless training stops early")
    add(
        "--batch-size",
        type=_batch_size,
        help="clips per batch, or auto: as many as fit into memory",
    )
    add("--learning-rate", type=positive_float, help="learning rate of Adam")
    add("--weight-decay", type=zero_or_more, help="weight of the penalty on squared kernels")
    add("--loss", choices=LOSS_NAMES, default=LOSS_NAMES[0], help="default: mse, the squared error")
    add("--strides", type=positive_int, nargs="+", help="steps from frame to frame of a clip")
    add(
        "--validation",
        type=share,
        default=0.15,
        help="share of the footage held out (default: 0.15)",
    )
    add(
        "--patience",
        type=positive_int,
        default=5,
        help="epochs without a better loss before training stops",
    )
    add("--seed", type=seed, default=0, help="seed of weights and clips (default: 0)")


def _add_computing(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("computing").add_argument
    add(
        "--precision",
        choices=PRECISION_NAMES,
        default=PRECISION_NAMES[0],
        help="number format of the convolutions (default: float32)",
    )
    add(
        "--tune",
        choices=TUNE_NAMES,
        default=TUNE_NAMES[0],
        help="choose the fastest forms of the layers by measuring once on this machine (on, the "
        "default), by doing so again, or not (off); a run that resumes keeps its forms",
    )
    add(
        "--distribute",
        choices=DISTRIBUTION_NAMES,
        default="auto",
        help="train on one device (none), all of this host (auto, the default), or of all hosts",
    )
    add("--coordinator", metavar="HOST:PORT", help="address of host 0, where the hosts meet")
    add("--hosts", type=positive_int, metavar="N", help="number of hosts")
    add("--host-index", type=int, metavar="I", help="number of this host, from 0")


def _add_checkpoints(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("checkpoints and logs").add_argument
    add("--checkpoints", type=Path, metavar="DIR", help="default: checkpoints/ beside --output")
    add("--checkpoint-every", type=positive_float, default=600, metavar="SEC", help="default: 600")
    add("--keep", type=positive_int, default=5, help="checkpoints to keep (default: 5)")
    add("--restart", action="store_true", help="ignore checkpoints and begin anew")
    add("--tensorboard", type=Path, metavar="DIR", help="write TensorBoard files there")


def _arch(text: str) -> str:
    """Converts an argument to the name of an architecture, or a function in a file."""
    if text not in ARCHITECTURES and not is_file_and_function(text):
        raise argparse.ArgumentTypeError(
            f"there is no architecture {text!r}. Expected one of: {', '.join(ARCHITECTURES)}; or "
            "FILE.py:FUNCTION"
        )
    return text


def _batch_size(text: str) -> int:
    """Converts an argument to a number of clips; `auto` becomes `AUTO_BATCH_SIZE`."""
    return AUTO_BATCH_SIZE if text == "auto" else positive_int(text)


# argparse puts this name into its message about a wrong value.
_batch_size.__name__ = "batch size (at least 1, or auto)"


def _defaults_table() -> str:
    """Returns a table of the default options of each architecture, for `--help`."""
    rows = [("default", *ARCHITECTURES)]
    for name in Defaults._fields:
        values = [getattr(defaults, name) for defaults in ARCHITECTURES.values()]
        rows.append((f"--{name.replace('_', '-')}", *map(_format_default, values)))
    return "\n".join(" ".join(f"{cell:<16}" for cell in row).rstrip() for row in rows)


def _format_default(value: float | tuple[int, ...]) -> str:
    numbers = value if isinstance(value, tuple) else (value,)
    return " ".join(f"{number:g}" for number in numbers) if value else "-"


def _options(args: argparse.Namespace) -> "TrainingOptions":
    from abnormal.training.choices import TrainingChoices, make_options

    choices = {name: getattr(args, name) for name in TrainingChoices.__annotations__}
    return make_options(args.img, args.output, args.arch, args.loss, choices)
