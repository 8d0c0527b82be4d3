"""`python -m abnormal preprocess|train|test ...`: the three programs by one name."""

import argparse
import sys
from collections.abc import Sequence

from abnormal.commands import SCRIPTS
from abnormal.version import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program that the first argument names, with the rest, and returns its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    name = _parser().parse_args(arguments[:1]).program
    if name == "preprocess":
        from abnormal.cli.preprocess import main as program
    elif name == "train":
        from abnormal.cli.train import main as program
    else:
        from abnormal.cli.test import main as program
    return program(arguments[1:])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m abnormal",
        description="Learns what a camera regularly sees, and says when and where it does not.",
        epilog="Each program has a --help of its own: python -m abnormal train --help",
        usage="%(prog)s [--help] [--version] {preprocess,train,test} ...",
    )
    parser.add_argument("--version", action="version", version=f"abnormal {__version__}")
    parser.add_argument(
        "program",
        choices=tuple(SCRIPTS),
        help="preprocess: videos become frames; train: frames become a model; test: the model says "
        "how regular videos are, or watches cameras",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
