"""Shows the log messages of the package on stderr, while results go to stdout.

All modules log through Python's `logging`, to loggers below `abnormal`. The programs show messages
of level INFO and above, without time and logger name; with `--verbose` those of level DEBUG, too.
As a library, the package is silent until its user configures `logging`.
"""

import logging
import sys

from abnormal.printable import printable


def show_messages(verbose: bool = False) -> None:
    """Shows messages of level INFO and above on stderr, or of all levels if it is verbose."""
    package = logging.getLogger("abnormal")
    if not any(isinstance(handler, _ToStderr) for handler in package.handlers):
        package.addHandler(_ToStderr())
    package.setLevel(logging.DEBUG if verbose else logging.INFO)
    package.propagate = False


def show_result(text: str) -> None:
    """Prints lines of a result to stdout, harmless to a terminal whatever names they contain."""
    print("\n".join(map(printable, text.split("\n"))))


class _ToStderr(logging.Handler):
    """Writes to the current `sys.stderr`, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "warning: " if record.levelno == logging.WARNING else ""
        text = prefix + printable(self.format(record))
        if "tqdm" in sys.modules:
            sys.modules["tqdm"].tqdm.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr)
