"""Feeds each reader with damaged and hostile files.

    python -m tests.fuzz --seconds 200 --seed 0
    python -m tests.fuzz --number 1234 model        # one input again

Each reader has to refuse a file in one line, or to read it as something that it can be. Failures
are a traceback, a crash, a hang of ten seconds, and something wrong that is accepted. Each reader
runs in a process of its own. Input number n of a reader depends on the seed and n alone.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.run import run_target
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="READER", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=200, help="for each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, help="only this input")
    args = parser.parse_args()
    targets = args.targets or list(TARGETS)
    if len(targets) == 1:
        numbers = None if args.number is None else [args.number]
        with tempfile.TemporaryDirectory() as folder:
            told = run_target(targets[0], Path(folder), args.seed, args.seconds, numbers)
        sys.stdout.write(f"{told}\n")
        return 0
    options = ["--seconds", str(args.seconds), "--seed", str(args.seed)]
    command = [sys.executable, "-m", "tests.fuzz", *options]
    failed = [name for name in targets if subprocess.run([*command, name], check=False).returncode]
    sys.stdout.write(f"failed: {', '.join(failed) or 'none'}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
