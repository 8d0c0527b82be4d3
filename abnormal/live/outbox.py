"""A queue on the disk: messages wait in a folder until the receiver has taken them.

webhook/, mqtt/
  000000000001-EVENT-opened.json    waits; the message with the lowest number is sent first
  refused/                          messages that the receiver has refused
"""

import collections
import json
import logging
import re
import threading
from pathlib import Path

from abnormal.files import list_folder, make_folder
from abnormal.live.event import LiveEvent
from abnormal.replacing import remove_partial, replacing

NUMBER = "[0-8][0-9]{11}"
"""The number that a name of a message begins with. Behind one with a 9 there might be no other."""

_NAME = re.compile(rf"({NUMBER})-(.+-(?:opened|updated|closed|amended)(?:-.+)?)\.json")

MOST_UNSAVED = 10_000
"""So many messages are kept in memory while the disk is full; after that the oldest are lost."""

LARGEST_BYTES = 1 << 20
"""A message is smaller than this; a larger file is none of this program."""

log = logging.getLogger(__name__)


class Outbox:
    """The messages in a folder in their order, those of an earlier run first.

    Attributes:
        folder: The folder in which messages wait.
        refused: The folder of the messages that the receiver has refused.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the folder and the messages that an earlier run has left.

        If there are other files, a warning is logged; they are left alone.

        Args:
            folder: The folder, which is made if it is missing.

        Raises:
            AbnormalError: The folder cannot be written to.
        """
        self.folder = folder
        self.refused = make_folder(folder / "refused")
        remove_partial(folder)
        numbers = [int(path.name.split("-")[0]) for path in self.waiting()]
        self._next = max(numbers, default=0) + 1
        self._unsaved = collections.deque[tuple[str, str]](maxlen=MOST_UNSAVED)
        self._lock = threading.Lock()
        known = {self.refused, *self.waiting()}
        if others := [path.name for path in list_folder(folder) if path not in known]:
            log.warning("%s has files that are no messages: %s", folder, ", ".join(others[:5]))

    def put(self, event: LiveEvent) -> None:
        """Adds a state of an event, which is on the disk when this returns.

        Raises:
            CannotWriteError: The file cannot be written now, for instance because the disk is full.
                The message is kept in memory until `save` can write it.
        """
        key = f"{event.id}-{event.state}"
        if event.state == "updated":  # an event may be updated several times
            key += f"-{event.peak_utc.replace(':', '')}"
        with self._lock:
            self._unsaved.append((f"{self._next:012d}-{key}.json", event.as_json()))
            self._next += 1
        self.save()

    def save(self) -> None:
        """Writes the messages that could not be written before, in their order.

        Raises:
            CannotWriteError: The disk is still full.
        """
        with self._lock:
            while self._unsaved:
                name, text = self._unsaved[0]
                with replacing(self.folder / name) as partial:
                    partial.write_text(text, "utf-8")
                self._unsaved.popleft()

    @property
    def unsaved(self) -> int:
        """Number of messages that are kept in memory."""
        return len(self._unsaved)

    def waiting(self) -> list[Path]:
        """Lists the files of the messages that have not been taken yet, the oldest first."""
        return [path for path in list_folder(self.folder) if _is_message(path)]

    def refuse(self, message: Path) -> None:
        """Moves a message to the folder of refused ones, so that the next one can be sent."""
        message.replace(self.refused / message.name)


def read_message(message: Path) -> bytes:
    """Reads a message, and checks that it is what its file name announces.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not the state of an event that its name announces.
        RecursionError: It is nested too deeply.
    """
    if message.stat().st_size > LARGEST_BYTES:
        raise ValueError(f"it has more than {LARGEST_BYTES} bytes")
    body = message.read_bytes()
    event = json.loads(body)
    if not isinstance(event, dict) or not message_key(message).startswith(
        f"{event.get('id')}-{event.get('state')}"
    ):
        raise ValueError("it is not what its name announces")
    return body


def message_key(message: Path) -> str:
    """Returns what identifies a message: the file name without the number and the suffix."""
    return message.stem.split("-", 1)[1]


def _is_message(path: Path) -> bool:
    return bool(_NAME.fullmatch(path.name)) and path.is_file()
