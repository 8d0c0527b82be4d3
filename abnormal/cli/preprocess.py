"""`preprocess.py`: videos become frames under `img/`."""

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path

from abnormal.cli.program import make_parser, positive_float, positive_int, run_program
from abnormal.datasets.layouts import AUTO, DATASETS
from abnormal.names import DOWNLOAD_NAMES


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code."""
    return run_program(_parser(), _work, argv)


def _work(args: argparse.Namespace) -> int:
    if args.check:
        from abnormal.cli.run_check import run_check

        return run_check(args)
    from abnormal.cli.run_preprocess import run_preprocess

    return run_preprocess(args)


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
    add("--img", type=Path, default=Path("img"), help="where the frames go (default: img)")
    add("--size", type=positive_int, default=227, help="height and width in pixels (default: 227)")
    add("--fps", type=positive_float, help="frames per second (default: the source's own)")
    add(
        "--workers",
        type=positive_int,
        default=_cores(),
        help="number of processes (default: one per core)",
    )
    add("--scheduler", metavar="ADDRESS", help="work on the workers of this Dask scheduler")
    add("--strict", action="store_true", help="exit with 1 if anything was wrong with any video")
    add("--check", action="store_true", help="report on what is in --img, and change nothing")
    return parser


def _cores() -> int:
    """The cores that this process may use: a container often has fewer than its machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
