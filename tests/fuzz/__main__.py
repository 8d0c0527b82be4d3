"""Feeds each reader with damaged and hostile files.

    python -m tests.fuzz --seconds 200 --seed 0
    python -m tests.fuzz --inputs 10000             # of each reader, however long that takes
    python -m tests.fuzz --number 1234 model        # one input again

Each reader has to refuse a file in one line, or to read it as something that it can be. Failures
are a traceback, a crash, a hang of ten seconds, and something wrong that is accepted. Each reader
runs in a process of its own. Input number n of a reader depends on the seed and n alone.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.run import run_target
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="READER", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=200, help="for each reader")
    parser.add_argument("--inputs", type=int, help="for each reader, instead of a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, help="only this input")
    args = parser.parse_args()
    targets = args.targets or list(TARGETS)
    if len(targets) == 1:
        with tempfile.TemporaryDirectory() as folder:
            told = run_target(targets[0], Path(folder), args.seed, *limits(args))
        sys.stdout.write(f"{told}\n")
        return 0
    options = ["--seconds", str(args.seconds), "--seed", str(args.seed)]
    options += [] if args.inputs is None else ["--inputs", str(args.inputs)]
    command = [sys.executable, "-m", "tests.fuzz", *options]
    failed = [name for name in targets if subprocess.run([*command, name], check=False).returncode]
    sys.stdout.write(f"failed: {', '.join(failed) or 'none'}\n")
    return int(bool(failed))


def limits(args: argparse.Namespace) -> tuple[float, Sequence[int] | None]:
    """Returns for how many seconds a reader is fed, and with which inputs if that is limited."""
    if args.number is not None:
        return math.inf, [args.number]
    return (args.seconds, None) if args.inputs is None else (math.inf, range(args.inputs))


if __name__ == "__main__":
    sys.exit(main())
