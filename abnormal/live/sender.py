"""Delivers events in order, each state once, even if the receiver or this program fails.

If an answer of the receiver is lost, a message is delivered again under the same key.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from abnormal.errors import CannotWriteError
from abnormal.live.event import LiveEvent, SendEvent
from abnormal.live.outbox import Outbox, message_key, read_message
from abnormal.live.reader import backoff
from abnormal.urls import without_secrets

FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 1.0, 300.0
"""The first and the longest wait before a message is sent again, in seconds."""
STOP_SEC = 5.0
"""How long the last messages may take, in seconds; the next run sends what is left."""

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The receiver refuses a message for good.

    The text continues a sentence that begins with the receiver's name.
    """


class DeniedError(OSError):
    """The receiver can be reached, and does not take a message now.

    The text continues a sentence that begins with the receiver's name.
    """


class Receiver:
    """Where events are delivered. All methods are called in the thread of the `Sender`.

    Attributes:
        name: The receiver in messages for people, without secrets.
        refresh_sec: `refresh` is called at least this often, in seconds; None if only after
            messages.
    """

    refresh_sec: float | None = None

    def __init__(self, name: str) -> None:
        """Names the receiver."""
        self.name = name

    def deliver(self, key: str, body: bytes) -> None:
        """Delivers one message, and returns when the receiver has it.

        Args:
            key: Identifies the message, so that the receiver can recognise a repetition.
            body: The message, a line of JSON.

        Raises:
            RefusedError: The receiver refuses the message for good.
            OSError: The receiver may take the message later.
        """
        raise NotImplementedError

    def refresh(self) -> None:
        """Does what has to be done whenever no message waits.

        Raises:
            OSError: The receiver cannot be reached.
        """

    def close(self) -> None:
        """Ends the connection when no more messages will be delivered. Never raises."""


class Sender(threading.Thread):
    """A thread that delivers the messages of an outbox one after the other, the oldest first.

    Attributes:
        outbox: The messages that wait.
    """

    def __init__(
        self,
        outbox: Outbox,
        receiver: Receiver,
        waits_sec: tuple[float, float],
    ) -> None:
        """Makes the thread, which `start` starts with the messages that an earlier run has left.

        Args:
            outbox: The messages that wait.
            receiver: Where they are delivered.
            waits_sec: The first and the longest wait before another attempt, in seconds.
        """
        super().__init__(name=receiver.name, daemon=True)
        self.outbox, self._receiver = outbox, receiver
        self._waits_sec = waits_sec
        self._reasons: set[str] = set()  # why it does not take messages, as has been told
        self._wake = threading.Event()
        self._stopping = threading.Event()

    def __call__(self, event: LiveEvent) -> None:
        """Adds a state of an event to the outbox; it is on the disk when this returns.

        Raises:
            CannotWriteError: The message cannot be written to the disk now; it waits in memory.
        """
        try:
            self.outbox.put(event)
        finally:
            self._wake.set()

    def stop(self, timeout_sec: float) -> None:
        """Ends the thread; the next run sends the messages that are left.

        Args:
            timeout_sec: How long to wait for the last messages to be delivered, in seconds.
        """
        self._stopping.set()
        self._wake.set()
        self.join(timeout_sec)
        if count := self.outbox.unsaved:
            log.error(
                "%d messages to %s are lost: there is no room for them", count, self._receiver.name
            )

    def run(self) -> None:
        """Delivers messages until the thread is stopped; waits while the receiver is down."""
        try:
            self._deliver_until_stopped()
        finally:
            self._receiver.close()

    def _deliver_until_stopped(self) -> None:
        waits = backoff(*self._waits_sec)
        while True:
            self._wake.clear()
            is_last = self._stopping.is_set()
            if not self._try_all():
                if self._stopping.wait(next(waits)):
                    return
                continue
            waits = backoff(*self._waits_sec)
            if is_last:
                return
            self._wake.wait(self._receiver.refresh_sec)

    def _try_all(self) -> bool:
        """Sends all messages that wait; returns False if the receiver does not take them now.

        Whatever happens, the thread goes on, because nobody would notice its end. Each reason is
        told once until the receiver takes messages again.
        """
        try:
            try:
                self.outbox.save()
            finally:
                self._send_all()
                self._receiver.refresh()
        except CannotWriteError:
            return False  # which was reported when the event came
        except Exception as error:
            cause = getattr(error, "reason", error)  # which urllib packs into an error of its own
            why = str(getattr(cause, "strerror", None) or cause)
            if why not in self._reasons:
                log.warning(
                    "%s does not take events (%s); they wait in %s",
                    *(self._receiver.name, without_secrets(why), self.outbox.folder),
                )
            self._reasons.add(why)
            return False
        self._reasons.clear()
        return True

    def _send_all(self) -> None:
        for message in self.outbox.waiting():
            key = message_key(message)
            try:
                self._receiver.deliver(key, read_message(message))
                message.unlink(missing_ok=True)  # it may have been deleted with age
            except RefusedError as refusal:
                self._refuse(message, f"{self._receiver.name} {refusal} to {key}")
            except (ValueError, RecursionError) as error:
                self._refuse(message, f"{message.name} cannot be sent: {error}")

    def _refuse(self, message: Path, reason: str) -> None:
        self.outbox.refuse(message)
        log.warning("%s, which is kept in %s", without_secrets(reason), self.outbox.refused)


@contextlib.contextmanager
def running(sender: Sender) -> Iterator[SendEvent]:
    """Runs a sender for the length of a `with` block."""
    sender.start()
    try:
        yield sender
    finally:
        sender.stop(STOP_SEC)
