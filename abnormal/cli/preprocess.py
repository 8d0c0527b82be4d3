"""`preprocess.py`: videos become frames under `img/`."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from abnormal.cli.program import positive_float, positive_int, run_program

DATASETS = ("auto", "folder", "avenue", "ucsd", "frame_folder", "demo")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code."""
    return run_program(_parser(), _work, argv)


def _work(args: argparse.Namespace) -> int:
    from abnormal.cli.run_preprocess import run_preprocess

    return run_preprocess(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="preprocess.py",
        description="Cuts videos into frames under img/, ready for training and testing.",
        epilog="In a folder with sub-folders, normal* and train* are trained on; each other one is "
        "tested, and its name is the situation. A flat folder is for training.",
    )
    add = parser.add_argument
    add("--videos", type=Path, metavar="PATH", help="folder of videos, or a data set, or one video")
    add("--dataset", choices=DATASETS, default="auto", help="layout of the folder (default: look)")
    add("--split", choices=("training", "testing"), help="for all videos of a plain folder")
    add("--img", type=Path, default=Path("img"), help="where the frames go (default: img)")
    add("--size", type=positive_int, default=227, help="height and width in pixels (default: 227)")
    add("--fps", type=positive_float, help="frames per second (default: the source's own)")
    add("--workers", type=positive_int, default=os.cpu_count() or 1, help="videos at a time")
    add("--strict", action="store_true", help="exit with 1 if anything was wrong with any video")
    return parser
