"""Errors that the user can mend, the exit codes of the programs, and the logs of bugs."""

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path

EXIT_ERROR, EXIT_USAGE, EXIT_BUG = 1, 2, 3
"""Exit codes after an `AbnormalError`, a wrong command line, for which argparse has it, and a bug.
docs/OUTPUT.md has a table of all exit codes."""
EXIT_INTERRUPTED, EXIT_TERMINATED = 130, 143
"""Exit codes after Ctrl-C and SIGTERM: 128 and the number of the signal, as shells have it."""


NO_BUGS = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""Errors of the system that come from the user or the machine, wherever they are raised."""


class AbnormalError(Exception):
    """A problem that the user can mend.

    The message is one line: what happened, with the value; what was expected; how to mend it.
    The programs print it on stderr without a traceback and exit with 1.
    """

    def __str__(self) -> str:
        """Returns the message, in one line whatever names and values from a file are in it."""
        return "".join(char if char.isprintable() else " " for char in super().__str__())


class UsageError(AbnormalError):
    """Options that have no effect beside each other. The programs exit with 2, as argparse does."""


class CannotWriteError(AbnormalError):
    """A result cannot be written to the disk. Further results would fail in the same way."""


class Stopped(Exception):  # noqa: N818  (stopping on request is not an error)
    """The run was asked to stop, and has saved everything that it needs to resume.

    Attributes:
        exit_code: Exit code of the program: 143 after SIGTERM, 130 after Ctrl-C.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def require_one_of(name: str, value: object, known: Iterable[object]) -> None:
    """Makes sure that a choice is one of those that there are.

    Raises:
        AbnormalError: It is not; the message lists them.
    """
    choices = list(known)
    if value not in choices:
        raise AbnormalError(
            f"There is no {name} {value!r}. Expected one of: {', '.join(map(str, choices))}."
        )


def bug_text(error: BaseException) -> str:
    """Returns a line about an unexpected error, such as `this is a bug: KeyError: 'a'`."""
    return f"this is a bug: {type(error).__name__}: {error}"


def no_bug_text(error: OSError) -> str:
    """Returns a line about an error of the system in `NO_BUGS`."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{os.strerror(error.errno or 0)}. Check the path and the disk."


def write_bug_log(details: str) -> Path:
    """Writes the details of an unexpected error to a temporary file, and returns its path.

    If none can be made, for instance because the disk is full, they are written to stderr.

    Args:
        details: The traceback and what else helps, without secrets.
    """
    import tempfile  # imported here, because `--help` would take twice as long

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="abnormal-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as file:
            file.write(details)
        return Path(file.name)
    except OSError:
        sys.stderr.write(details)
        return Path("/dev/stderr")
