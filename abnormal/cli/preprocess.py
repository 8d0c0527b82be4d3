"""`preprocess.py`: turns videos into frames under `img/`."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.cli.conflicts import Conflict
from abnormal.cli.messages import show_result
from abnormal.cli.program import frame_size, make_parser, positive_float, positive_int, run_program
from abnormal.commands import DEFAULT_IMG
from abnormal.datasets.layouts import AUTO, DATASETS, DEMO, DRAWN
from abnormal.errors import EXIT_BUG, AbnormalError, write_bug_log
from abnormal.names import DOWNLOAD_NAMES
from abnormal.tasks.cores import available_cores

if TYPE_CHECKING:
    from abnormal.datasets.preprocess import PreprocessResult
    from abnormal.frames.check import VideoCheck

_CONFLICTS = (
    Conflict(
        lambda args: args.check,
        "{options} {are} not for --check, which only reports on what is in --img. Leave out one or "
        "the other.",
        all_but=("check", "img", "workers", "strict"),
    ),
    Conflict(
        lambda args: args.dataset in (DEMO, *DRAWN),
        "{options} {are} for footage that there is, but that of --dataset demo, street, square and "
        "hall is drawn. Leave out one or the other.",
        without_effect=("videos", "split", "labels", "download", "url"),
    ),
    Conflict(
        lambda args: not args.download,
        "{options} {are} the mirror that --download NAME fetches from. Add that, or leave {them} "
        "out.",
        without_effect=("url",),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code."""
    return run_program(_parser(), _work, argv, _CONFLICTS)


def _work(args: argparse.Namespace) -> int:
    return _check(args) if args.check else _preprocess(args)


def _preprocess(args: argparse.Namespace) -> int:
    from abnormal.datasets.preprocess import preprocess, preprocess_options

    names = ("split", "labels", "camera_from", "download", "url", "size", "fps", "workers")
    choices = {name: getattr(args, name) for name in (*names, "scheduler")}
    options = preprocess_options(args.videos, args.img, args.dataset, choices)
    done = preprocess(options)
    _print_summary(done)
    if done.is_empty:
        raise AbnormalError(
            f"No usable frames came out of {args.videos or args.download or args.dataset}: see "
            "above."
        )
    return EXIT_BUG if done.has_bug else int(args.strict and done.has_problems)


def _print_summary(done: "PreprocessResult") -> None:
    from abnormal.frames.manifest import read_manifest

    usable = [extraction for extraction in done.extractions if extraction.frames]
    for split in ("training", "testing"):
        of_split = [extraction for extraction in usable if extraction.video.split == split]
        frames = sum(extraction.frames for extraction in of_split)
        show_result(f"{split}: {len(of_split)} videos, {frames} frames in {done.img / split}")
    if usable and not read_manifest(done.img, "training"):
        show_result(
            "note: there is nothing to train on. Videos of ordinary life are for training with "
            "--split training, or in folders called normal* or train*."
        )
    cameras = sorted({extraction.video.camera for extraction in usable} - {""})
    if len(cameras) > 1:
        show_result(f"cameras: {', '.join(cameras)} (each has what is normal there for itself)")
    for extraction in done.extractions:
        if extraction.problem:
            source = extraction.video.path or extraction.video.name
            show_result(f"  {extraction.status}: {source}: {extraction.problem}")
        if extraction.details:
            show_result(f"  Details are in {write_bug_log(extraction.details)}")
    for line in done.label_notes:
        show_result(f"  labels: {line}")
    for line in done.damaged:
        show_result(f"  left out: {line}")
    if done.others:
        show_result(done.others)
    for line in done.stale:
        show_result(f"  source: {line}")
    for leak in done.leaks:
        show_result(f"  leak: {leak}")


def _check(args: argparse.Namespace) -> int:
    from abnormal.frames.check import check_img

    report = check_img(args.img, args.workers)
    _print_totals(report.videos)
    for line in report.noted + report.wrong:
        show_result(f"  {line}")
    return int(bool(report.wrong or (args.strict and report.noted)))


def _print_totals(videos: "Sequence[VideoCheck]") -> None:
    for split in ("training", "testing"):
        of_split = [video for video in videos if video.record.split == split]
        frames = sum(video.record.frames for video in of_split)
        labelled = [video.abnormal for video in of_split if video.abnormal is not None]
        labels = f", {len(labelled)} of them labelled ({sum(labelled)} abnormal frames)"
        show_result(f"{split}: {len(of_split)} videos, {frames} frames{labels if labelled else ''}")
    cameras = sorted({video.record.camera for video in videos} - {""})
    if cameras:
        show_result(f"cameras: {', '.join(cameras)}")


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "preprocess",
        description="Cuts videos into frames under img/, ready for training and testing.",
        epilog="In a folder with sub-folders, normal* and train* are trained on; each other one is "
        "tested, and its name is the situation. A flat folder is for training.",
    )
    add = parser.add_argument
    add("--videos", type=Path, metavar="PATH", help="a folder of videos, a data set, or one video")
    add(
        "--dataset",
        choices=DATASETS,
        default=AUTO,
        help="layout of the folder (default: recognise it)",
    )
    add("--split", choices=("training", "testing"), help="split of all videos of a plain folder")
    add(
        "--labels",
        type=Path,
        metavar="PATH",
        help="file or folder of labels (default: labels.* in the folder, or what the layout has)",
    )
    add(
        "--camera-from",
        type=_pattern,
        metavar="PATTERN",
        help="regular expression for the camera in the names of the videos, such as 'cam[0-9]+'",
    )
    add(
        "--download",
        choices=DOWNLOAD_NAMES,
        help="fetch a data set first, into --videos (default: a folder of its name)",
    )
    add("--url", help="mirror that --download fetches from")
    add("--img", type=Path, default=DEFAULT_IMG, help="where the frames go (default: img)")
    add("--size", type=frame_size, default=227, help="height and width in pixels (default: 227)")
    add(
        "--fps",
        type=positive_float,
        help="frames per second (default: the source's own, "
        "or the lowest of the cameras' if these differ)",
    )
    _add_computing(parser)
    add("--strict", action="store_true", help="exit with 1 if anything was wrong with any video")
    add("--check", action="store_true", help="report on what is in --img, and change nothing")
    return parser


def _add_computing(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--workers",
        type=positive_int,
        default=available_cores(),
        help="number of processes (default: one per core)",
    )
    add("--scheduler", metavar="ADDRESS", help="work on the workers of this Dask scheduler")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
