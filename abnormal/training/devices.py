"""The devices and hosts that train one network together, and messages between the hosts."""

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
"""Seconds after which a new file in a shared folder must be visible on every host."""


@dataclass(frozen=True)
class Devices:
    """The devices that share each batch of a training run, as one of its hosts sees them.

    Besides gradients, the hosts exchange small numbers and texts. All hosts have to make the same
    calls in the same order, because each call waits for the other hosts.

    Attributes:
        count: Number of devices on all hosts together; a multiple of `hosts`.
        hosts: Number of hosts.
        host: 0-based index of this host.
    """

    count: int = 1
    hosts: int = 1
    host: int = 0

    @property
    def is_first_host(self) -> bool:
        """Whether this is the host that writes checkpoints, losses and the model."""
        return self.host == 0

    @property
    def on_this_host(self) -> int:
        """Number of devices on this host."""
        return self.count // self.hosts

    def largest(self, number: int) -> int:
        """Returns the largest of the int32 numbers that the hosts pass to this call."""
        return int(self._gather_array(np.array(number, np.int32)).max())

    def gather(self, value: Any) -> list[Any]:
        """Collects a value from each host, in the order of the hosts.

        Args:
            value: The value of this host, as JSON can store it.
        """
        text = json.dumps(value).encode()
        length = self.largest(len(text))
        rows = self._gather_array(np.frombuffer(text.ljust(length), np.uint8))
        return [json.loads(row.tobytes()) for row in rows]

    def require_same(self, values: Mapping[str, Any], advice: str) -> None:
        """Makes sure that all hosts have the same values.

        Args:
            values: The values to compare, by the name that the error message uses.
            advice: How to mend a difference; the error message ends with it.

        Raises:
            AbnormalError: The values of two hosts differ. It is raised on all hosts.
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
            AbnormalError: A host does not see the folder. It is raised on all hosts, and the
                message names each host that does not see it.
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
        """Collects an array from each host; returns `(hosts, *shape)` of the same dtype."""
        if self.hosts == 1:
            return array[None]
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(array))


ONE_DEVICE = Devices()
"""The devices of a run on a single device of a single host."""


def _becomes_visible(path: Path) -> bool:
    """Waits up to `FOLDER_SYNC_SEC` for a file, and returns whether it is there."""
    until = time.monotonic() + FOLDER_SYNC_SEC
    while not path.exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
