"""Makes the options of a training run from what was chosen, and the defaults for all else."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict

from abnormal import checks
from abnormal.errors import AbnormalError, require_one_of
from abnormal.files import read_json
from abnormal.models.defaults import ARCHITECTURES, OWN_NETWORK, SPATIOTEMPORAL
from abnormal.models.model_path import H5_SUFFIX
from abnormal.names import AUTO_BATCH_SIZE, LARGEST_SIZE, PRECISION_NAMES, TUNE_NAMES
from abnormal.training.options import TrainingOptions

MOST_CLIP_LENGTH, MOST = 1000, 10**9
"""Largest number of frames of a clip, and of anything else."""


class TrainingChoices(TypedDict, total=False):
    """What may be chosen about a training run. What is left out has the default of the network.

    Attributes:
        epochs: Largest number of passes over the footage.
        size: Height and width of a frame, in pixels.
        clip_length: Number of frames in a clip.
        batch_size: Number of clips in a batch, or 0 for as many as fit into memory.
        learning_rate: Learning rate of Adam.
        weight_decay: Weight of the penalty on the squares of the kernels.
        bottleneck: Number of units of the dense layer of the network `cae`.
        strides: Numbers of frames from one frame of a clip to the next. An epoch has clips of each.
        precision: Name of the number format that convolutions are computed in.
        tune: Whether the forms in which the layers are computed are chosen by measuring, once on
            this machine (`on`, the default), once more (`again`), or not at all (`off`).
        validation: Fraction of the footage that is held out, in [0, 1); 0.15 by default.
        patience: Number of epochs without a better validation loss after which the run stops; 5 by
            default.
        init: Path of a model file whose network the run starts from.
        seed: Seed of the weights, of the clips and of their order; 0 by default.
        checkpoints: Folder of the checkpoints; by default `checkpoints/` beside the model file.
        checkpoint_every: Seconds from one checkpoint to the next; 600 by default.
        keep: Number of checkpoints to keep; 5 by default.
        restart: Whether to start from the beginning even if there are checkpoints.
        tensorboard: Folder of TensorBoard's files; by default none are written.
    """

    epochs: int | None
    size: int | None
    clip_length: int | None
    batch_size: int | None
    learning_rate: float | None
    weight_decay: float | None
    bottleneck: int | None
    strides: tuple[int, ...] | None
    precision: str
    tune: str
    validation: float
    patience: int
    init: Path | None
    seed: int
    checkpoints: Path | None
    checkpoint_every: float
    keep: int
    restart: bool
    tensorboard: Path | None


def make_options(
    img: Path, output: Path, arch: str | None, loss: str, choices: Mapping[str, Any]
) -> TrainingOptions:
    """Returns the options of a run.

    Args:
        img: Folder of the frames.
        output: Path of the model file to write.
        arch: Name of the architecture: a key of `ARCHITECTURES`, or the name of another network,
            which has the defaults of the first one. None stands for the one of the model that the
            run starts from, or else for the first one.
        loss: Name of the loss.
        choices: See `TrainingChoices`. None stands for the default, too.

    Raises:
        AbnormalError: There is no such choice, a value is out of its range, or two choices do not
            go together.
    """
    for name in choices:
        require_one_of("argument", name, TrainingChoices.__annotations__)
    said = {name: value for name, value in choices.items() if value is not None}
    for name in ("init", "checkpoints", "tensorboard"):
        said |= {name: Path(said[name])} if name in said else {}
    if arch is not None:
        said["arch"] = arch
    said = _facts_of(said["init"], said) | said if "init" in said else said
    arch = said.setdefault("arch", SPATIOTEMPORAL)
    defaults = ARCHITECTURES.get(arch, OWN_NETWORK)
    _require_fitting_bottleneck(arch, said)
    if "init" in said:
        said["bottleneck"] = 0
    said["strides"] = strides_of(said.get("strides", defaults.strides))
    values = {**defaults._asdict(), "checkpoints": default_checkpoints(output), **said}
    _check(values)
    return TrainingOptions(img=img, output=output, loss=loss, **values)


def strides_of(strides: Any) -> Any:
    """Returns several strides as a tuple; what is no sequence is returned as it is."""
    return tuple(strides) if isinstance(strides, Iterable) else strides


def _facts_of(init: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the architecture, the clip length and the size of the model that a run starts from.

    Raises:
        AbnormalError: Something else is asked for.
    """
    if not init.is_file():
        return {}  # which is said later
    from abnormal.models.model_file import read_model  # not imported for `--help`

    info = read_model(init).info
    facts = {"arch": info.arch, "clip_length": info.clip_length, "size": info.size}
    for name, value in facts.items():
        if said.get(name, value) != value:
            option = f"--{name.replace('_', '-')} {said[name]}"
            raise AbnormalError(
                f"{init} is a network with {name} {value}, but {option} is asked for. Leave "
                f"--{name.replace('_', '-')} out, which then comes from the file."
            )
    return facts


def default_checkpoints(output: Path) -> Path:
    """Returns the folder of checkpoints unless another is named.

    It lies beside the model file, and has its name so that models never share it: without the
    suffix .h5, and with every other one. Earlier versions left out all of them, and a run that they
    have begun goes on in its folder.
    """
    folder = output.parent / "checkpoints"
    without_suffix = folder / output.stem
    if output.suffix == H5_SUFFIX or _are_of(without_suffix, output):
        return without_suffix
    return folder / output.name


def _are_of(checkpoints: Path, output: Path) -> bool:
    """Whether the newest of some checkpoints says that it is of a run that writes a model file."""
    from abnormal.training.checkpoints import STATE, list_checkpoints  # not imported for `--help`

    try:
        state = read_json(list_checkpoints(checkpoints)[-1] / STATE)
        return Path(state["options"]["output"]).name == output.name
    except (AbnormalError, IndexError, KeyError, TypeError):
        return False


def _require_fitting_bottleneck(arch: str, said: Mapping[str, Any]) -> None:
    width = said.get("bottleneck")
    if not width:
        return
    if not ARCHITECTURES.get(arch, OWN_NETWORK).bottleneck:
        raise AbnormalError(
            f"The {arch} network has no dense layer, but --bottleneck {width} is asked for. Leave "
            "the option out, or choose --arch cae."
        )
    if "init" in said:
        raise AbnormalError(
            f"--init {said['init']} brings its own bottleneck, but --bottleneck {width} is asked "
            "for. Leave one of the two out."
        )


def _check(values: Mapping[str, Any]) -> None:
    """Checks what the parser of the command line checks, too, for those who call from Python."""
    require_one_of("precision", values.get("precision", PRECISION_NAMES[0]), PRECISION_NAMES)
    require_one_of("tune", values.get("tune", TUNE_NAMES[0]), TUNE_NAMES)
    try:
        checks.whole("size", values["size"], 1, LARGEST_SIZE)
        checks.whole("clip_length", values["clip_length"], 1, MOST_CLIP_LENGTH)
        checks.whole("batch_size", values["batch_size"], AUTO_BATCH_SIZE, MOST)
        for name in ("epochs", "patience", "keep"):
            checks.whole(name, values.get(name, 1), 1, MOST)
        for stride in checks.sequence("strides", values["strides"], 1):
            checks.whole("a stride", stride, 1, MOST)
        checks.whole("seed", values.get("seed", 0), 0, 2**32 - 1)
        checks.number("learning_rate", values["learning_rate"], 1e-30, 1e30)
        checks.number("weight_decay", values["weight_decay"], 0, 1e30)
        checks.number("validation", values.get("validation", 0), 0, 1 - 1e-9)
        checks.number("checkpoint_every", values.get("checkpoint_every", 1), 1e-9, 1e30)
    except ValueError as error:
        raise AbnormalError(f"The training cannot begin: {error}.") from None
