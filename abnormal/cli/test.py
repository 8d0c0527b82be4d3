"""`test_model.py`: scores videos, or watches cameras, and reports what is not regular."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.cli.conflicts import Conflict
from abnormal.cli.live_options import add_live_options, is_live, live_conflicts, watch
from abnormal.cli.messages import show_result
from abnormal.cli.program import (
    finite_float,
    make_parser,
    positive_float,
    positive_int,
    run_program,
    zero_or_more,
)
from abnormal.commands import DEFAULT_IMG, DEFAULT_MODEL
from abnormal.errors import EXIT_BUG
from abnormal.inference.runtimes import AUTO, KERAS, RUNTIMES
from abnormal.models.trust import TRUST_HELP, trusting
from abnormal.names import EXPORT_NAMES, FIGURE_FORMATS, FIGURES_FOR, SCORE_NAMES

if TYPE_CHECKING:
    from abnormal.detection.options import DetectionOptions

_CONFLICTS = (
    Conflict(
        lambda args: args.export,
        "{options} {are} not for --export, which only writes the network of --model in another "
        "format, beside it. Leave out one or the other.",
        all_but=("export", "model", "trust", "runtime"),
    ),
    Conflict(
        lambda args: args.dismiss is None,
        "{options} takes a dismissal back. Name the event with --dismiss EVENT.",
        without_effect=("undo",),
    ),
    Conflict(
        lambda args: args.source,
        "{options} {are} not used beside --source, which is tested in its place. Leave out one or "
        "the other.",
        without_effect=("img",),
    ),
    Conflict(
        lambda args: args.figures_for == FIGURES_FOR[-1],
        "{options} {are} for pictures, but --no-figures (or --figures-for none) leaves them out. "
        "Leave out one or the other.",
        without_effect=("panels", "figures"),
    ),
)
"""Options without effect. `--dismiss` refuses none: it is added to the command that raised the
alarm, whatever that command drew or sent."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code."""
    # Those of cameras come first, because `--img` is not for them either.
    return run_program(_parser(), _work, argv, (*live_conflicts(), *_CONFLICTS))


def _work(args: argparse.Namespace) -> int:
    live = is_live(args)
    _require_files(args, live)
    import cv2

    cv2.setNumThreads(1)  # reading, flow, network and scores run in threads of their own
    _choose_backend(args.runtime)
    with trusting(args.trust):
        if args.export:
            return _export(args)
        if args.dismiss is not None:
            return _dismiss(args)
        return watch(args) if live else _detect(args)


def _choose_backend(runtime: str) -> None:
    """Lets Keras run on TensorFlow where it only converts networks for OpenVINO.

    Other backends cannot do that. Where Keras may compute on an accelerator, `KERAS_BACKEND` is
    left as it is.
    """
    from abnormal.models.backend import may_have_accelerator

    if runtime != KERAS and (runtime != AUTO or not may_have_accelerator()):
        os.environ["KERAS_BACKEND"] = "tensorflow"


def _require_files(args: argparse.Namespace, live: bool) -> None:
    """Raises for missing files before heavy libraries are imported, which takes seconds."""
    from abnormal.files import require_path  # not imported for `--help`
    from abnormal.frames.manifest import require_img
    from abnormal.live.address import require_camera_table, require_devices
    from abnormal.live.broker_address import require_broker_address
    from abnormal.live.page.address import require_page
    from abnormal.models.model_path import require_model_file

    if live and args.cameras:
        require_camera_table(args.cameras)
    if live:
        require_devices(args.source or [])
    if args.page:
        require_page(args.page)
    if args.mqtt:
        require_broker_address(args.mqtt)
    for path in args.model:
        require_model_file(path)
    if (
        args.export or args.dismiss is not None
    ):  # the source is checked later, after the event to dismiss
        return
    if not live and args.source:
        require_path(Path(args.source[0]))
    elif not live:
        require_img(args.img)
    if args.ignore_zone:
        from abnormal.video.zone import read_zone

        read_zone(args.ignore_zone)


def _detect(args: argparse.Namespace) -> int:
    from abnormal.detection.detect import detect
    from abnormal.detection.results import (
        EarlyResults,
        finish_results,
        model_results,
        write_results,
    )
    from abnormal.lock import locked
    from abnormal.report.tables import metrics_lines

    options = _detection_options(args)
    with locked(options.output / ".lock", "test run", "--output"):
        detections = detect(options, EarlyResults().write)
        models = model_results(detections)
        write_results(options.output, models)
        for name, model in models.items():
            show_result(*metrics_lines(name, model.metrics))
        if options.figures:
            from abnormal.detection.overview import draw_results

            draw_results(detections, models)
        finish_results(detections)
    show_result(f"results: {args.output}")
    if detections.has_bug:
        return EXIT_BUG
    incomplete = any(result.figure_error for result in detections.results.values())
    return int(incomplete or (args.strict and bool(detections.left_out)))


def _dismiss(args: argparse.Namespace) -> int:
    from abnormal.detection.dismiss import dismiss_event, the_model, undo_dismissed_event
    from abnormal.live.dismiss import dismiss_live_event, is_event_id, undo_live_dismissal

    path = the_model(args.model)
    if is_event_id(args.dismiss):
        change = undo_live_dismissal if args.undo else dismiss_live_event
        path, calibration = change(path, args.output, args.dismiss)
    elif args.undo:
        calibration = undo_dismissed_event(args.model, args.dismiss)
    else:
        calibration = dismiss_event(_detection_options(args), args.dismiss)
    count, what = len(calibration.dismissed), "model" if path == args.model[0] else "regime"
    show_result(f"{what}: {path}, with {count} dismissed event{'s' * (count != 1)}")
    return 0


def _export(args: argparse.Namespace) -> int:
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.inference.export_facts import facts_of
    from abnormal.models.export import export_model
    from abnormal.models.model_file import load_model

    for model in map(load_model, args.model):
        show_result(f"{args.export}: {export_model(model, args.export, facts_of(model))}")
    return 0


def _detection_options(args: argparse.Namespace) -> "DetectionOptions":
    from abnormal.detection.options import DetectionOptions
    from abnormal.scoring.localisation import Localiser

    return DetectionOptions(
        models=tuple(args.model),
        img=args.img,
        source=Path(args.source[0]) if args.source else None,
        camera=args.camera,
        output=args.output,
        score=args.score,
        threshold=args.threshold,
        false_alarms_per_hour=args.false_alarms_per_hour,
        zone=args.ignore_zone,
        localiser=Localiser(args.box_size, args.box_threshold),
        runtime=args.runtime,
        hop=args.hop,
        exact=args.exact,
        scheduler=args.scheduler,
        figures=None if args.figures_for == "none" else args.figures,
        panels=args.panels,
        only_events=args.figures_for == "events",
    )


def _parser() -> argparse.ArgumentParser:
    parser = make_parser("test", description="Says how regular each frame of each test video is.")
    add = parser.add_argument
    add(
        "--model",
        type=Path,
        nargs="+",
        default=[DEFAULT_MODEL],
        help="model files (default: model.h5)",
    )
    add("--trust", action="store_true", help=TRUST_HELP)
    add("--img", type=Path, default=DEFAULT_IMG, help="folder of frames (default: img)")
    add(
        "--source",
        action="append",
        help="a video, or a folder of them, in place of --img; or, to be watched live, a camera: "
        "its number, rtsp://..., http://...; several times for several of them",
    )
    add("--camera", default="", help="which camera of the model filmed --source")
    add("--output", type=Path, default=Path("results"), help="where results go (default: results)")
    add("--strict", action="store_true", help="exit with 1 if any video was left out")
    _add_alarm(parser)
    add_live_options(parser)
    _add_computing(parser)
    _add_results(parser)
    other = parser.add_argument_group("instead of scoring").add_argument
    other(
        "--dismiss",
        metavar="EVENT",
        help="only teach the model that this event of the results was a false alarm: VIDEO:EVENT, "
        "or the id of a camera's event",
    )
    other("--undo", action="store_true", help="take back that the event of --dismiss was one")
    other("--export", choices=EXPORT_NAMES, help="only write the network in another format")
    return parser


def _add_alarm(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("alarms")
    group.add_argument(
        "--score",
        choices=SCORE_NAMES,
        default=SCORE_NAMES[0],
        help="score that raises alarms (default: fused)",
    )
    threshold = group.add_mutually_exclusive_group()
    threshold.add_argument(
        "--threshold", type=finite_float, help="alarm above this score (default: as calibrated)"
    )
    threshold.add_argument(
        "--false-alarms-per-hour",
        type=positive_float,
        metavar="RATE",
        help="choose the threshold of each camera for so many false alarms per hour of it "
        "(default: as calibrated, one normal frame in a hundred)",
    )
    group.add_argument(
        "--ignore-zone",
        type=Path,
        metavar="MASK",
        help="a picture of any size; what happens where it is white is ignored",
    )


def _add_computing(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("computing").add_argument
    add(
        "--runtime",
        choices=(AUTO, *RUNTIMES),
        default=AUTO,
        help="library that computes the network",
    )
    add(
        "--hop",
        type=positive_int,
        metavar="FRAMES",
        help="frames from the start of one clip to the next: with fewer, a camera's frames are "
        "scored sooner, at more cost (default: the length of a clip)",
    )
    add(
        "--exact",
        action="store_true",
        help="run the network on all clips, also on those that show nothing new or, live, are late",
    )
    add("--scheduler", metavar="ADDRESS", help="work on the workers of this Dask scheduler")


def _add_results(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("results")
    add = group.add_argument
    add("--box-size", type=positive_int, default=4, help="pixels; see --box-threshold")
    add(
        "--box-threshold",
        type=_box_threshold,
        default=4 * 255.0,
        metavar="SUM",
        help="a pixel is anomalous where the difference (0 to 255), summed over a box around it, "
        "is above this (default: 1020, over boxes of 4x4); with auto, one normal frame of the "
        "camera in a hundred has such a pixel",
    )
    add("--panels", action="store_true", help="also write the panels of every frame as a picture")
    add(
        "--figures",
        choices=FIGURE_FORMATS,
        default=FIGURE_FORMATS[0],
        help="file format of plots (default: png)",
    )
    figures_for = group.add_mutually_exclusive_group()
    figures_for.add_argument(
        "--figures-for",
        choices=FIGURES_FOR,
        default=FIGURES_FOR[0],
        help="draw all frames; or those around events, and one of the others every 10 s; or write "
        "no pictures, videos or report.html (default: all)",
    )
    figures_for.add_argument(
        "--no-figures",
        dest="figures_for",
        action="store_const",
        const=FIGURES_FOR[-1],
        help="the same as --figures-for none",
    )


def _box_threshold(text: str) -> float | None:
    return None if text == AUTO else zero_or_more(text)


_box_threshold.__name__ = "number of at least 0, or auto"  # argparse shows it in an error
