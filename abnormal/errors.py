"""What a user can mend, and the exit codes of the programs."""

MENDABLE, BUG, INTERRUPTED = 1, 3, 130  # 2, a usage error, is argparse's own


class AbnormalError(Exception):
    """A problem that the user can mend.

    The message is one line: what happened, with the value; what was expected; how to mend it.
    The programs print it on stderr without a traceback and exit with 1.
    """


class CannotWriteError(AbnormalError):
    """What was made cannot be put on the disk; more of the same would fail, too."""


class Stopped(Exception):  # noqa: N818  (nothing went wrong: somebody asked for it)
    """A run that stopped because it was asked to, with all that is needed to go on.

    Attributes:
        exit_code: For the shell: 143 after SIGTERM, 130 after Ctrl-C.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code
