"""All that is told of events."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from abnormal.errors import CannotWriteError
from abnormal.live.command import AlarmCommand
from abnormal.live.event import LiveEvent, Tell
from abnormal.live.log import open_log
from abnormal.live.webhook import Webhook

LAST_ALARMS_SEC = 20.0
LAST_MESSAGES_SEC = 5.0

log = logging.getLogger(__name__)


@contextlib.contextmanager
def open_listeners(
    output: Path, more: Sequence[Tell], webhook_url: str | None, program: str | None
) -> Iterator[Tell]:
    """Opens all that is told of events; what is told last is told to all."""
    with contextlib.ExitStack() as files:
        listeners: list[Tell] = [*more, files.enter_context(open_log(output))]
        if program:
            command = AlarmCommand(program, log.info)
            command.start()
            files.callback(command.stop, LAST_ALARMS_SEC)
            listeners.append(command)
        if webhook_url:
            webhook = Webhook(webhook_url, output / "webhook", log.info)
            webhook.start()
            files.callback(webhook.stop, LAST_MESSAGES_SEC)
            listeners.append(webhook)

        def tell(event: LiveEvent) -> None:
            for listener in listeners:
                try:
                    listener(event)
                except CannotWriteError as error:  # a full disk does not end the watch
                    log.warning("%s: %s", event.id, error)

        yield tell
