"""What receives the events of cameras: the event log, and what options of the command line ask for.

Nothing heavy is imported before a listener is opened, because `--help` shows the options.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from abnormal.errors import CannotWriteError

if TYPE_CHECKING:
    from abnormal.live.event import LiveEvent, SendEvent
    from abnormal.live.status import Watched

KEEP_DAYS, KEEP_GB = 30.0, 10.0
"""Events are kept for so many days, and so many times 10^9 bytes of them at most, by default."""

log = logging.getLogger(__name__)


class Listener(NamedTuple):
    """A way to send events, with its option of the command line.

    Attributes:
        metavar: Name of the option's value in `--help`.
        help: Text about the option in `--help`.
        open: Opens the listener for the length of a `with` block, given the option's value, the
            folder of results, and what is being watched.
    """

    metavar: str
    help: str
    open: "Callable[[str, Path, Watched], AbstractContextManager[SendEvent]]"


def _command(program: str, *_: object) -> "AbstractContextManager[SendEvent]":
    from abnormal.live.command import open_command

    return open_command(program)


def _webhook(url: str, output: Path, *_: object) -> "AbstractContextManager[SendEvent]":
    from abnormal.live.webhook import open_webhook

    return open_webhook(url, output)


def _mqtt(url: str, output: Path, watched: "Watched") -> "AbstractContextManager[SendEvent]":
    from abnormal.live.mqtt import open_mqtt

    return open_mqtt(url, output, watched)


# By the name of the option; an event is sent to them in this order.
LISTENERS = {
    "alarm_command": Listener(
        "PROGRAM",
        "start this program for each event of a camera, with the event on stdin",
        _command,
    ),
    "webhook": Listener("URL", "send each event of a camera to this URL, as JSON", _webhook),
    "mqtt": Listener(
        "URL",
        "publish events and cameras at this broker, also for Home Assistant: mqtt://HOST, or "
        "mqtts://USER:PASSWORD@HOST:PORT/TOPICS",
        _mqtt,
    ),
}


@contextlib.contextmanager
def open_listeners(
    options: Mapping[str, Any], output: Path, show: "SendEvent", watched: "Watched"
) -> "Iterator[SendEvent]":
    """Opens the event log and the listeners that are asked for, for the length of a `with` block.

    If a listener cannot write an event, for instance because the disk is full, a warning is logged
    and the watch goes on.

    Args:
        options: Values of options by name, of which `keep_days`, `keep_gb`, `page` and those in
            `LISTENERS` are used.
        output: The folder of results.
        show: Receives each event first.
        watched: What is being watched.

    Yields:
        A function that sends an event to all listeners, or only to those that record it if nobody
        is told of it. At the end of the block each has some time to deliver the last events.

    Raises:
        AbnormalError: A listener cannot be opened.
    """
    from abnormal.live.event_log import open_event_log
    from abnormal.live.retention import Keep, retaining

    with contextlib.ExitStack() as opened:
        event_log = opened.enter_context(open_event_log(output))
        keep = Keep(options.get("keep_days") or KEEP_DAYS, options.get("keep_gb") or KEEP_GB)
        opened.enter_context(retaining(output, keep, event_log))
        recorders: list[SendEvent] = [show, event_log]
        receivers = [
            opened.enter_context(listener.open(value, output, watched))
            for name, listener in LISTENERS.items()
            if (value := options.get(name))
        ]
        if address := options.get("page"):
            from abnormal.live.page.server import open_page

            recorders.append(opened.enter_context(open_page(address, output, watched, event_log)))

        lock = threading.Lock()  # cameras report their faults from their own threads

        def send(event: "LiveEvent") -> None:
            with lock:
                for listener in recorders if event.quiet else recorders + receivers:
                    _send_to(listener, event)

        yield send


def _send_to(listener: "SendEvent", event: "LiveEvent") -> None:
    try:
        listener(event)
    except CannotWriteError as error:
        log.warning("%s: %s", event.id, error)
