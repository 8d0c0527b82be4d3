"""Counts the frames of a video that are done, for a progress bar."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

Tick = Callable[[int], None]
"""Receives 1 for each frame that is scored, and 1 for each frame that is drawn or passed over."""


def with_ticks(tick: Tick, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields frames, and calls `tick` with 1 before each."""
    for frame in frames:
        tick(1)
        yield frame
