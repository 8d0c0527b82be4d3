"""Runs one reader over damaged files."""

import faulthandler
import itertools
import random
import sys
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz.targets import TARGETS

HANG_SEC = 10
"""A reader that takes longer than this for a small file hangs."""


def run_target(
    name: str, folder: Path, seed: int, seconds: float, numbers: Iterable[int] | None = None
) -> str:
    """Feeds a reader, and returns how many files it read and refused.

    Args:
        name: The reader, a key of `TARGETS`.
        folder: An empty folder.
        seed: Of the damages.
        seconds: For how long.
        numbers: The inputs; None for 0, 1, 2, ...

    Raises:
        AssertionError: The reader has accepted something wrong, or a message has several lines.
        Exception: Whatever else a reader raises.
    """
    target = TARGETS[name]
    intact = {path: path.read_bytes() for path in target.make(folder)}
    for path in intact:
        target.read(path)  # what is intact has to be read
    deadline, read, refused = time.monotonic() + seconds, 0, 0
    for number in itertools.count() if numbers is None else numbers:
        if time.monotonic() > deadline:
            break
        rng = random.Random(f"{seed} {name} {number}")
        path = list(intact)[number % len(intact)]
        path.write_bytes(target.damage(intact[path], rng))
        faulthandler.dump_traceback_later(HANG_SEC, exit=True, file=sys.__stderr__)
        try:
            with warnings.catch_warnings(action="ignore"):
                target.read(path)
            read += 1
        except target.errors as error:
            if len(str(error).splitlines()) != 1:
                raise AssertionError(f"several lines: {error}") from error
            refused += 1
        except BaseException as error:
            error.add_note(f"python -m tests.fuzz --seed {seed} --number {number} {name}")
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()
            path.write_bytes(intact[path])
    return f"{name}: {read + refused} inputs, {read} read and {refused} refused"
