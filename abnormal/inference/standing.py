"""Looks at what stays somewhere for too long, to tell what it is."""

import numpy as np
import scipy.ndimage

from abnormal.scoring.cells import CELL_PX
from abnormal.scoring.residual import ClipResidual
from abnormal.scoring.standing import NO_VOTE, votes_of
from abnormal.video.standing import edge_balance, moved_share

LOOK_SEC = 1.0
"""Time between two looks, in seconds. Who waits moves in that time."""

LONGEST_SEC = 2.0
"""After so many seconds without a look, a thing may have come since, and looks begin anew."""

LEAST_PX = 20
"""Fewer pixels of the foreground are too few to tell what they are."""

LIKE_IT = 0.75
"""Cells that are connected with the most unusual one belong to the same thing if they are so many
times as unusual. Passers-by cover a cell for a shorter time."""


class StandingWatch:
    """Looks at what stays in the frames of one video, in order.

    Only frames in which something has stayed for too long are looked at, and of these one a second.
    All others cost no time.

    Args:
        fps: Frames per second.
    """

    def __init__(self, fps: float) -> None:
        self._every = max(1, round(LOOK_SEC * fps))
        self._longest = max(self._every, round(LONGEST_SEC * fps))
        self._number = 0  # of the frame that was looked at last
        self._earlier: tuple[np.ndarray, np.ndarray] | None = None  # the frame and its foreground

    def add(self, number: int, clip: ClipResidual, index: int, ratios: np.ndarray) -> np.ndarray:
        """Looks at a frame in which something has stayed for too long, if it is time to.

        Args:
            number: 0-based number of the frame in the video.
            clip: The residual of the clip.
            index: 0-based number of the frame, among the new ones of the clip.
            ratios: `(rows, columns)` float64, how far above normal it is for how long each cell has
                been covered.

        Returns:
            The votes on what it is, `(4,)` float64; see `abnormal.scoring.standing`.
        """
        since = number - self._number
        if clip.foreground is None or clip.background is None:
            return NO_VOTE
        if self._earlier is not None and since < self._every:
            return NO_VOTE
        frame, foreground = (part[clip.new][index] for part in (clip.frames, clip.foreground))
        around = _pixels_around(ratios, frame.shape)
        thing = foreground & around
        if thing.sum() < LEAST_PX:
            return NO_VOTE
        earlier = self._earlier if since <= self._longest else None
        self._number, self._earlier = number, (frame.copy(), foreground.copy())
        if earlier is None:
            return NO_VOTE
        stayed = thing & earlier[1]  # and nothing that has just come beside it
        moved = moved_share(frame, earlier[0], stayed if stayed.any() else thing)
        flipped = ((foreground ^ earlier[1]) & around).sum() / thing.sum()
        return votes_of(moved, flipped, edge_balance(frame, clip.background, foreground, around))


def _pixels_around(ratios: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the pixels of the most unusual cell and of those like it, `(height, width)` bool.

    The value of a cell is a mean over itself and its neighbours above and on the left, which
    therefore belong to it.
    """
    labels, _ = scipy.ndimage.label(ratios >= LIKE_IT * ratios.max(), np.ones((3, 3)))
    cells = labels == labels.ravel()[ratios.argmax()]
    cells = scipy.ndimage.binary_dilation(cells, np.ones((2, 2), bool))
    rows, columns = (
        np.minimum(np.arange(length) // CELL_PX, count - 1)
        for length, count in zip(shape, cells.shape, strict=True)
    )
    return cells[np.ix_(rows, columns)]
