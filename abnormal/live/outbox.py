"""A queue on the disk: messages wait in a folder until a receiver has taken them.

webhook/
  000000000001-EVENT-opened.json    waits; the one with the lowest number goes first
  refused/                          what the receiver did not want
"""

import re
from pathlib import Path

from abnormal.files import list_folder, make_folder, replacing
from abnormal.live.event import LiveEvent

_NAME = re.compile(r"(\d+)-(.+)\.json")


class Outbox:
    """The messages of a folder, in order; those of an earlier run come first.

    Attributes:
        folder: Where messages wait.
        refused: Where those lie that the receiver did not want.
    """

    def __init__(self, folder: Path) -> None:
        """Opens a folder and makes it where it is missing.

        Args:
            folder: It.

        Raises:
            AbnormalError: It cannot be written to.
        """
        self.folder = folder
        self.refused = make_folder(folder / "refused")
        numbers = [int(path.name.split("-")[0]) for path in self.waiting()]
        self._next = max(numbers, default=0) + 1

    def put(self, event: LiveEvent) -> None:
        """Adds the state of an event; it is on the disk when this returns.

        Raises:
            CannotWriteError: The disk is full, for instance.
        """
        key = f"{event.id}-{event.state}"
        if event.state == "updated":  # which may happen several times
            key += f"-{event.peak_utc.replace(':', '')}"
        name = f"{self._next:012d}-{key}.json"
        self._next += 1
        with replacing(self.folder / name) as partial:
            partial.write_text(event.as_json(), "utf-8")

    def waiting(self) -> list[Path]:
        """The messages that no receiver has taken yet, the oldest first."""
        return [path for path in list_folder(self.folder) if _NAME.fullmatch(path.name)]

    def refuse(self, message: Path) -> None:
        """Moves a message aside, so that the next one can be sent."""
        message.replace(self.refused / message.name)


def key_of(message: Path) -> str:
    """What tells a message from all others: the event and its state, without the number."""
    return message.stem.split("-", 1)[1]
