"""What is told of the events of cameras, by the option that asks for it.

Nothing heavy is imported before a listener is opened: `--help` shows the options.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from abnormal.errors import CannotWriteError

if TYPE_CHECKING:
    from abnormal.live.event import LiveEvent, Tell

log = logging.getLogger(__name__)


class Listener(NamedTuple):
    """A way to send events, as an option of the command line.

    Attributes:
        metavar: What `--help` calls the option's value.
        help: What `--help` says about it.
        open: Opens it for the length of a `with` block, from the option's value and the folder of
            results.
    """

    metavar: str
    help: str
    open: "Callable[[str, Path], AbstractContextManager[Tell]]"


def _command(program: str, output: Path) -> "AbstractContextManager[Tell]":
    from abnormal.live.command import open_command

    return open_command(program, output)


def _webhook(url: str, output: Path) -> "AbstractContextManager[Tell]":
    from abnormal.live.webhook import open_webhook

    return open_webhook(url, output)


# By the name of the option, in the order in which they are told.
LISTENERS = {
    "alarm_command": Listener(
        "PROGRAM",
        "start this program for each event of a camera, with the event on stdin",
        _command,
    ),
    "webhook": Listener("URL", "send each event of a camera to this URL, as JSON", _webhook),
}


@contextlib.contextmanager
def open_listeners(options: Mapping[str, Any], output: Path, show: "Tell") -> "Iterator[Tell]":
    """Opens the log of events and all listeners that are asked for.

    A listener that cannot write, as the disk is full, does not end the watch: that is a warning.

    Args:
        options: The values of options by name; those whose name is in `LISTENERS` count.
        output: The folder of results.
        show: Is told first.

    Yields:
        What tells them all; what is told last is told to all before they are closed.

    Raises:
        AbnormalError: One of them cannot be opened.
    """
    from abnormal.live.log import open_log

    with contextlib.ExitStack() as opened:
        listeners = [show, opened.enter_context(open_log(output))]
        for name, listener in LISTENERS.items():
            if value := options.get(name):
                listeners.append(opened.enter_context(listener.open(value, output)))

        def tell(event: "LiveEvent") -> None:
            for listener in listeners:
                _tell(listener, event)

        yield tell


def _tell(listener: "Tell", event: "LiveEvent") -> None:
    try:
        listener(event)
    except CannotWriteError as error:
        log.warning("%s: %s", event.id, error)
