"""How long something has been where it is."""

import numpy as np
import scipy.ndimage

from abnormal.scoring.normal_level import own_level

OCCUPIED_SHARE = 0.6
"""Share of a cell's pixels from which the cell is taken as occupied by the foreground."""

NEIGHBOURS_CELLS = 2
"""Side of the square of cells over which the time is averaged. A bag that somebody has left behind
covers one or two cells."""

DECAY_PER_SEC = 1.5
"""Seconds that a free cell forgets per second. A cell that was occupied for less than
`SLOWEST_DECAY_SEC` forgets in proportion, so that it does not fall to 0 at once."""

SLOWEST_DECAY_SEC = 3.0

LONGEST_SEC = 60.0
"""Longest time that is counted."""

SHORTEST_LEVEL_SEC = 1.0
"""The normal level of a cell is never lower than this. Where nobody ever came by, somebody who
walks past would otherwise have stayed unusually long."""


def stay_level(maxima: np.ndarray) -> np.ndarray:
    """Learns the normal level of each cell: the longest that anything usually stays there.

    Args:
        maxima: `(seconds, rows, columns)` of `StayTimer`, the largest value of each second.

    Returns:
        `(rows, columns)` float32, at least log(1 + `SHORTEST_LEVEL_SEC`).
    """
    return np.maximum(own_level(maxima), np.float32(np.log1p(SHORTEST_LEVEL_SEC)))


class StayTimer:
    """Measures for how long each cell has been occupied, in the frames of one video in order.

    The time grows while the foreground covers the cell and falls off slowly when it does not, so
    that somebody who shifts from one foot to the other does not begin anew.

    Args:
        fps: Frames per second.

    Attributes:
        occupied_sec: For how long each cell has been occupied, also beyond `LONGEST_SEC`, in the
            frames that were measured last, `(n, rows, columns)` float64, in seconds. No score
            depends on it, only what people are told.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._seconds: np.ndarray | None = None
        self._beyond_sec = np.zeros((1, 1))  # of each cell, beyond `LONGEST_SEC`
        self.occupied_sec = np.zeros((0, 1, 1))

    def __call__(self, shares: np.ndarray) -> np.ndarray:
        """Measures the next frames.

        Args:
            shares: `(n, rows, columns)` float64 in [0, 1], the share of each cell that belongs to
                the foreground.

        Returns:
            The same shape, float64, at least 0: log(1 + s), where s is the mean time in seconds
            over the square at each cell. The logarithm keeps the first seconds apart, which tell
            somebody who waits from somebody who walks.
        """
        seconds = np.zeros(shares.shape[1:]) if self._seconds is None else self._seconds
        times, self.occupied_sec = np.empty(shares.shape), np.empty(shares.shape)
        for number, share in enumerate(shares):
            decay = DECAY_PER_SEC / self._fps * np.minimum(seconds, SLOWEST_DECAY_SEC)
            change = np.where(share > OCCUPIED_SHARE, 1 / self._fps, -decay)
            beyond = np.maximum(seconds + change - LONGEST_SEC, 0)
            self._beyond_sec = np.where(seconds < LONGEST_SEC / 2, 0, self._beyond_sec + beyond)
            seconds = np.clip(seconds + change, 0, LONGEST_SEC)
            times[number] = seconds
            self.occupied_sec[number] = seconds + self._beyond_sec
        self._seconds = seconds
        square = (0, NEIGHBOURS_CELLS, NEIGHBOURS_CELLS)
        return np.log1p(scipy.ndimage.uniform_filter(times, square, mode="nearest"))

    def seconds_at(self, number: int, row: int, column: int) -> float:
        """Returns for how long what is at a cell has been there, also beyond `LONGEST_SEC`.

        The value of a cell is the mean over its square, most of which may be free. What stays there
        has been there for the longest time of any cell of the square.

        Args:
            number: 0-based number of the frame, among those that were measured last.
            row: 0-based row of the cell.
            column: 0-based column of the cell.
        """
        firsts = (index - NEIGHBOURS_CELLS // 2 for index in (row, column))
        rows, columns = (slice(max(0, first), first + NEIGHBOURS_CELLS) for first in firsts)
        return float(self.occupied_sec[number, rows, columns].max())
