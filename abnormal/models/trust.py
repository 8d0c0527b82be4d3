"""Whether code that a model file names may be run: layers and functions of a network of one's own.

It is never run unless the user has said so for this call or this program.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

TRUST_HELP = "run the code that a model needs, because you know who made it"
"""Text about the option `--trust` in `--help`."""

_TRUSTED = ContextVar("trusted", default=False)


def is_trusted() -> bool:
    """Returns whether model files that are opened here may name code that is run."""
    return _TRUSTED.get()


@contextlib.contextmanager
def trusting(trust: bool) -> Iterator[None]:
    """Lets model files that are opened in the block name code that is run, if they are trusted.

    Threads that are started in the block do not inherit it, nor do other processes.

    Args:
        trust: Whether the user trusts them. If not, nothing changes.
    """
    before = _TRUSTED.set(trust or is_trusted())
    try:
        yield
    finally:
        _TRUSTED.reset(before)
