"""Events are delivered in order and each state once, whatever happens to receiver or program."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from abnormal.live.address import without_secrets
from abnormal.live.event import LiveEvent, Tell
from abnormal.live.outbox import Outbox, key_of
from abnormal.live.reader import backoff

FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 1.0, 300.0
STOP_SEC = 5.0
"""How long the last messages may take at the end; what is left is sent by the next run."""

Deliver = Callable[[str, bytes], None]
"""Takes a message's key and the message, a line of JSON, and returns when the receiver has it.

Raises:
    RefusedError: The receiver would not take it later either.
    OSError: It may take it later.
"""

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The receiver does not want a message; the text goes on after the receiver's name."""


class Sender(threading.Thread):
    """Delivers what is in an outbox, the oldest message first; the others wait for it.

    Attributes:
        outbox: Where messages wait.
    """

    def __init__(
        self,
        outbox: Outbox,
        deliver: Deliver,
        receiver: str,
        waits_sec: tuple[float, float],
    ) -> None:
        """Makes the thread; `start` starts it with what an earlier run left.

        Args:
            outbox: Where messages wait.
            deliver: Delivers one message.
            receiver: What messages for people call the receiver, without secrets.
            waits_sec: The first and the longest wait before a further try.
        """
        super().__init__(name=receiver, daemon=True)
        self.outbox, self._deliver, self._receiver = outbox, deliver, receiver
        self._waits_sec = waits_sec
        self._wake = threading.Event()
        self._stopping = threading.Event()

    def __call__(self, event: LiveEvent) -> None:
        """Leaves the state of an event to be sent; it is on the disk when this returns."""
        self.outbox.put(event)
        self._wake.set()

    def stop(self, timeout_sec: float) -> None:
        """Ends it; what then still waits is sent by the next run.

        Args:
            timeout_sec: How long to wait for messages that are under way.
        """
        self._stopping.set()
        self._wake.set()
        self.join(timeout_sec)

    def run(self) -> None:
        """Sends and waits."""
        waits = backoff(*self._waits_sec)
        failing = False
        while True:
            self._wake.clear()
            if failing := not self._send_all(failing):
                if self._stopping.wait(next(waits)):
                    return
                continue
            waits = backoff(*self._waits_sec)
            if self._stopping.is_set() and not self.outbox.waiting():
                return
            self._wake.wait()

    def _send_all(self, failed: bool) -> bool:
        """Sends what waits; gives False where the receiver does not take it now."""
        for message in self.outbox.waiting():
            key = key_of(message)
            try:
                self._deliver(key, message.read_bytes())
            except RefusedError as refusal:
                self.outbox.refuse(message)
                log.warning(
                    "%s %s to %s, which is kept in %s",
                    *(self._receiver, refusal, key, self.outbox.refused),
                )
            except OSError as error:
                if not failed:
                    reason = without_secrets(str(getattr(error, "reason", error)))
                    log.warning(
                        "%s does not take events (%s); they wait in %s",
                        *(self._receiver, reason, self.outbox.folder),
                    )
                return False
            else:
                message.unlink()
        return True


@contextlib.contextmanager
def started(sender: Sender) -> Iterator[Tell]:
    """Runs a sender for the length of the block."""
    sender.start()
    try:
        yield sender
    finally:
        sender.stop(STOP_SEC)
