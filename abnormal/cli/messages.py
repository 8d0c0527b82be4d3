"""What the programs tell people goes to stderr, beside the results on stdout.

Everything in this package speaks through Python's `logging` below the logger `abnormal`. The
programs show it from level INFO on, without times and names; as a library the package is silent
until somebody configures `logging`.
"""

import logging
import sys


def show_messages() -> None:
    """Shows all messages from level INFO on; called again, it changes nothing."""
    package = logging.getLogger("abnormal")
    if not any(isinstance(handler, _ToStderr) for handler in package.handlers):
        package.addHandler(_ToStderr())
    package.setLevel(logging.INFO)
    package.propagate = False


class _ToStderr(logging.Handler):
    """Writes to whatever `sys.stderr` is at the moment, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "warning: " if record.levelno == logging.WARNING else ""
        text = prefix + self.format(record)
        if "tqdm" in sys.modules:
            sys.modules["tqdm"].tqdm.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr)
