"""The true regions of frames with masks, and the tracks that they belong to."""

from typing import NamedTuple

import numpy as np
import scipy.ndimage

from abnormal.scoring.boxes import component_boxes


class TrueRegions(NamedTuple):
    """The true regions of a frame.

    Attributes:
        boxes: The box around each region, `(regions, 4)` float64 in [0, 1]: left, top, width and
            height, as fractions of the picture.
        tracks: 0-based number of the track that each region belongs to, `(regions,)` int64. A track
            has at most one region in each frame.
    """

    boxes: np.ndarray
    tracks: np.ndarray


class RegionLinker:
    """Finds the true regions of one video, and links them to tracks from frame to frame.

    A region is a connected component of a mask; pixels that touch at a corner are connected. It
    continues the track of the region in the frame before with which it has the most pixels in
    common. If two things touch in a frame, the larger one's track goes on; when they part, the
    smaller one begins a new track.
    """

    def __init__(self) -> None:
        self._labels: np.ndarray | None = None  # of the frame before, from 1 on
        self._tracks = np.zeros(0, np.int64)  # of its regions
        self._count = 0  # tracks so far

    def add(self, mask: np.ndarray) -> TrueRegions:
        """Finds the true regions of the next frame.

        Args:
            mask: `(height, width)` bool, True for abnormal pixels.
        """
        labels, count = scipy.ndimage.label(mask, np.ones((3, 3)))
        tracks = self._continued(labels, count)
        new = tracks < 0
        tracks[new] = self._count + np.arange(new.sum())
        self._labels, self._tracks, self._count = labels, tracks, self._count + int(new.sum())
        return TrueRegions(np.array(component_boxes(labels), np.float64).reshape(-1, 4), tracks)

    def _continued(self, labels: np.ndarray, count: int) -> np.ndarray:
        """Returns the track that each region continues, `(count,)` int64; -1 if it is a new one."""
        tracks, known = np.full(count, -1), len(self._tracks)
        if self._labels is None or not count or not known:
            return tracks
        pairs = np.bincount(
            (self._labels * (count + 1) + labels).ravel(), minlength=(known + 1) * (count + 1)
        )
        common = pairs.reshape(known + 1, count + 1)[1:, 1:]  # pixels; 0 is the label of no region
        free = np.ones(known, bool)
        for index in np.argsort(-common, axis=None, kind="stable"):
            before, region = divmod(int(index), count)
            if common[before, region] and free[before] and tracks[region] < 0:
                tracks[region], free[before] = self._tracks[before], False
        return tracks
