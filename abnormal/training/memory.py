"""How much memory is free for a training, on the processor's side or on a graphics card."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import keras
import psutil

from abnormal.errors import AbnormalError
from abnormal.models.backend import has_accelerator

# Where Linux says what a group of processes (a container, a job of Slurm) may use and does use:
# the hierarchy's name in /proc/self/cgroup, "" in version 2, its folder, and the two files.
GROUPS = {
    "": ("sys/fs/cgroup", "memory.max", "memory.current"),
    "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
}
CARDS = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")


def device_bytes(devices: int) -> int:
    """What is free for each of the devices of this host.

    Args:
        devices: How many of them train; processors share their memory.

    Raises:
        AbnormalError: It cannot be found out.
    """
    return _card_bytes() if has_accelerator() else host_bytes() // devices


def host_bytes(root: Path = Path("/")) -> int:
    """What the system, and each group that this process is in, leave free.

    Args:
        root: Of the file system that tells of groups.
    """
    groups = root / "proc/self/cgroup"  # on Linux
    lines = groups.read_text().splitlines() if groups.is_file() else []
    return min(
        psutil.virtual_memory().available,
        *(left for line in lines for left in _left(root, line)),
        2**63,
    )


def _left(root: Path, line: str) -> Iterator[int]:
    """What a group and those around it leave free, for a line of `/proc/self/cgroup`."""
    _, name, group = line.split(":", 2)
    if name not in GROUPS:
        return
    top, limit_file, used_file = GROUPS[name]
    # In a container the group may be named as it is outside, where only what is above it exists.
    inside = root / top / group.lstrip("/")
    for folder in (inside, *inside.parents):
        if folder.is_relative_to(root / top) and (folder / limit_file).is_file():
            limit = (folder / limit_file).read_text().strip()
            if limit != "max":
                used = int((folder / used_file).read_text())
                yield max(0, int(limit) - used + _droppable(folder))


def _droppable(folder: Path) -> int:
    """What a group keeps of files that were read, and gives up where memory is needed."""
    found = re.search(r"^inactive_file (\d+)", (folder / "memory.stat").read_text(), re.M)
    return int(found[1]) if found else 0


def _card_bytes() -> int:
    """What is free on the fullest graphics card."""
    if keras.backend.backend() == "jax":
        import jax

        stats = [device.memory_stats() for device in jax.local_devices()]
        return min(each["bytes_limit"] - each["bytes_in_use"] for each in stats)
    try:
        answer = subprocess.run(CARDS, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise AbnormalError(
            f"How much memory the graphics cards have free is not known: {error}. "
            "Give --batch-size a number."
        ) from None
    return min(int(number) for number in answer.split()) * 2**20
