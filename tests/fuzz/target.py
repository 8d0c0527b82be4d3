"""A reader that is fed with damaged files, and how large the intact ones are."""

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from abnormal.errors import AbnormalError
from tests.fuzz.mutations import damage

FRAMES, SIZE = 12, 16


@dataclasses.dataclass(frozen=True)
class Target:
    """A reader that is fed with damaged files.

    Attributes:
        make: Makes intact files in a folder, and returns those that are damaged in turn.
        read: Reads such a file and looks at what comes out. It raises one of `errors` where the
            file is refused, and `AssertionError` where something wrong is accepted.
        damage: Damages the content of a file.
        errors: What the reader raises on a file that it refuses.
        quick: How many inputs `make test` gives it.
    """

    make: Callable[[Path], list[Path]]
    read: Callable[[Path], Any]
    damage: Callable[[bytes, random.Random], bytes] = damage
    errors: tuple[type[Exception], ...] = (AbnormalError,)
    quick: int = 40
