"""Measures the memory that is free for training, in main memory or on a GPU."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import keras
import psutil

from abnormal.errors import AbnormalError
from abnormal.models.backend import has_accelerator

CGROUP_FILES = {
    "": ("sys/fs/cgroup", "memory.max", "memory.current"),
    "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
}
"""Files in which Linux gives the memory limit and the memory use of a control group.

A control group is a set of processes with common limits, such as a container or a Slurm job. The
keys are the names of hierarchies in `/proc/self/cgroup`, where version 2 of cgroups has an empty
name. The values are the folder of the hierarchy, the file with the limit and the file with the use.
"""

QUERY_GPUS = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")
"""Command that prints the free memory of each NVIDIA GPU, in MiB."""


def free_bytes_per_device(devices: int) -> int:
    """Returns the number of bytes that are free on each device of this host.

    Args:
        devices: Number of devices on this host that train. CPU devices share the main memory.

    Raises:
        AbnormalError: The free memory of the GPUs cannot be queried.
    """
    return _free_gpu_bytes() if has_accelerator() else free_host_bytes() // devices


def free_host_bytes(root: Path = Path("/")) -> int:
    """Returns how many bytes are free in the system and in each control group of this process.

    Args:
        root: Root of the file system in which Linux describes control groups.
    """
    groups = root / "proc/self/cgroup"  # on Linux
    lines = groups.read_text().splitlines() if groups.is_file() else []
    return min(
        psutil.virtual_memory().available,
        *(free for line in lines for free in _free_in_groups(root, line)),
        2**63,
    )


def _free_in_groups(root: Path, line: str) -> Iterator[int]:
    """Yields the free bytes of a control group, and of each group that contains it.

    Args:
        root: See `free_host_bytes`.
        line: The line of `/proc/self/cgroup` that names the group.
    """
    _, name, group = line.split(":", 2)
    if name not in CGROUP_FILES:
        return
    top, limit_file, used_file = CGROUP_FILES[name]
    # In a container, the group may have its name from outside. Then only its parents exist here.
    inside = root / top / group.lstrip("/")
    for folder in (inside, *inside.parents):
        if folder.is_relative_to(root / top) and (folder / limit_file).is_file():
            limit = (folder / limit_file).read_text().strip()
            if limit != "max":
                used = int((folder / used_file).read_text())
                yield max(0, int(limit) - used + _reclaimable_bytes(folder))


def _reclaimable_bytes(folder: Path) -> int:
    """Returns how many of the used bytes are cached files, which Linux drops when needed."""
    found = re.search(r"^inactive_file (\d+)", (folder / "memory.stat").read_text(), re.M)
    return int(found[1]) if found else 0


def _free_gpu_bytes() -> int:
    """Returns the number of free bytes on the GPU with the least free memory."""
    if keras.backend.backend() == "jax":
        import jax

        stats = [device.memory_stats() for device in jax.local_devices()]
        return min(each["bytes_limit"] - each["bytes_in_use"] for each in stats)
    try:
        answer = subprocess.run(QUERY_GPUS, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise AbnormalError(
            f"How much memory the graphics cards have free is not known: {error}. "
            "Give --batch-size a number."
        ) from None
    return min(int(number) for number in answer.split()) * 2**20
