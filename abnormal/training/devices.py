"""Which devices and hosts train one network together, and how the hosts reach agreement."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import make_folder

FOLDER_SYNC_SEC = 10
"""A file in a shared folder is visible on every host after so many seconds at the latest."""


@dataclass(frozen=True)
class Devices:
    """The devices that share each batch of a training run, as one of its hosts sees them.

    What the hosts tell one another, beside gradients, are small numbers and texts. Every host has
    to call the same method at the same moment: each call waits for all the others.

    Attributes:
        count: How many devices there are on all hosts together; a multiple of `hosts`.
        hosts: How many hosts train together.
        host: The number of this host, from 0.
    """

    count: int = 1
    hosts: int = 1
    host: int = 0

    @property
    def is_first_host(self) -> bool:
        """Whether this host is the one that writes checkpoints, losses and the model."""
        return self.host == 0

    @property
    def on_this_host(self) -> int:
        """How many of the devices belong to this host."""
        return self.count // self.hosts

    def largest(self, number: int) -> int:
        """Returns the largest of the numbers that the hosts pass to this call."""
        return int(self._gather_array(np.array(number, np.int32)).max())

    def gather(self, value: Any) -> list[Any]:
        """Returns what each host passes to this call, in the order of the hosts.

        Args:
            value: Something that JSON can hold.
        """
        text = json.dumps(value).encode()
        length = self.largest(len(text))
        rows = self._gather_array(np.frombuffer(text.ljust(length), np.uint8))
        return [json.loads(row.tobytes()) for row in rows]

    def require_same(self, values: Mapping[str, Any], advice: str) -> None:
        """Makes sure that all hosts have the same values.

        Args:
            values: What is compared, by the name that the message uses.
            advice: How to mend a difference; it ends the message.

        Raises:
            AbnormalError: On all hosts, with the differences between two of them.
        """
        first, *others = self.gather(values)
        for number, other in enumerate(others, start=1):
            differences = [
                f"{name} is {value} on host 0, but {other[name]} on host {number}"
                for name, value in first.items()
                if other[name] != value
            ]
            if differences:
                raise AbnormalError(f"The hosts do not agree: {'; '.join(differences)}. {advice}")

    def require_shared(self, folder: Path) -> None:
        """Makes sure that all hosts see the same folder.

        Raises:
            AbnormalError: On all hosts, with the names of those that do not see it.
        """
        if self.hosts == 1:
            return
        token = folder / self.gather(f".seen-{secrets.token_hex(8)}")[0]
        if self.is_first_host:
            make_folder(folder)
            token.touch()
        self.largest(0)  # nobody looks for the file before it is there
        seen = self.gather(_becomes_visible(token))
        if self.is_first_host:
            token.unlink()
        blind = [f"host {number}" for number, sees in enumerate(seen) if not sees]
        if blind:
            raise AbnormalError(
                f"{', '.join(blind)} cannot see what host 0 writes into {folder}. All hosts go on "
                "from the checkpoints there: name a folder that all of them mount with "
                "--checkpoints."
            )

    def _gather_array(self, array: np.ndarray) -> np.ndarray:
        """Returns the arrays of all hosts as `(hosts, *shape)`, of the same dtype."""
        if self.hosts == 1:
            return array[None]
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(array))


ONE_DEVICE = Devices()
"""A training run that shares its batches with nobody."""


def _becomes_visible(path: Path) -> bool:
    """Waits for a file, until a mounted folder must have been brought up to date."""
    until = time.monotonic() + FOLDER_SYNC_SEC
    while not path.exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
