"""The processors that this process may use."""

import os


def available_cores() -> int:
    """Returns how many cores this process may use; a container often has fewer than its machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
