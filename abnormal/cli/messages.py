"""Shows the log messages of the package on stderr, while results go to stdout.

All modules log through Python's `logging`, to loggers below `abnormal`. The programs show messages
of level INFO and above, without time and logger name; with `--verbose` those of level DEBUG, too.
With `--log-format json`, each line on stderr is a JSON object with both. As a library, the package
is silent until its user configures `logging`.
"""

import logging
import sys

from abnormal.cli.streams import SafeStderr, json_line
from abnormal.printable import printable

LOG_FORMATS = ("text", "json")


def show_messages(verbose: bool = False, as_json: bool = False) -> None:
    """Shows messages on stderr.

    Args:
        verbose: Whether to show all messages, and not only those of level INFO and above.
        as_json: Whether each line is a JSON object.
    """
    package = logging.getLogger("abnormal")
    handlers = [known for known in package.handlers if isinstance(known, _ToStderr)]
    if not handlers:
        handlers = [_ToStderr()]
        package.addHandler(handlers[0])
    handlers[0].as_json = as_json
    if isinstance(sys.stderr, SafeStderr):
        sys.stderr.as_json = as_json
    package.setLevel(logging.DEBUG if verbose else logging.INFO)
    package.propagate = False


def show_result(*lines: str) -> None:
    """Prints lines of a result to stdout, harmless to a terminal whatever names they contain."""
    print("\n".join(map(printable, lines)))


class _ToStderr(logging.Handler):
    """Writes to the current `sys.stderr`, above a progress bar if there is one.

    Attributes:
        as_json: Whether each line is a JSON object. Only then it has the traceback of an exception.
    """

    as_json = False

    def emit(self, record: logging.LogRecord) -> None:
        if self.as_json:
            traceback = (
                logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            )
            level, name = record.levelname, record.name
            print(
                json_line(record.created, level, name, record.getMessage(), traceback),
                file=sys.stderr,
            )
            return
        prefix = "warning: " if record.levelno == logging.WARNING else ""
        text = prefix + printable(record.getMessage())
        if "tqdm" in sys.modules:
            sys.modules["tqdm"].tqdm.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr)
