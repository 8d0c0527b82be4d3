"""The fixed cameras: where a point of a place appears in the picture, and how large.

Each is a pinhole camera at some height that is tilted downwards. Coordinates of a place are in
metres: `x` to the right of the camera, `z` away from it, `up` from the ground.
"""

import math
from dataclasses import dataclass

import numpy as np

WIDTH = 320
HEIGHT = 240

NEAREST_M = 0.5
"""What is nearer to the camera than this is not drawn."""


@dataclass(frozen=True)
class View:
    """A camera.

    Attributes:
        height_m: Height above the ground in metres.
        tilt_deg: Angle by which it looks down, in degrees.
        focal_px: Focal length in pixels.
    """

    height_m: float
    tilt_deg: float
    focal_px: float

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Projects points onto the picture.

        Args:
            points: `(n, 3)` float: x, z and height above the ground in metres.

        Returns:
            `(n, 2)` float, x and y in pixels, where pixel i covers i to i + 1; and `(n,)` float,
            the distance of each point along the line of sight in metres.
        """
        sine, cosine = self._sine, self._cosine
        below = self.height_m - points[:, 2]
        depth = cosine * points[:, 1] + sine * below
        px_per_m = self.focal_px / np.maximum(depth, NEAREST_M)
        x_px = WIDTH / 2 + points[:, 0] * px_per_m
        y_px = HEIGHT / 2 + (cosine * below - sine * points[:, 1]) * px_per_m
        return np.stack([x_px, y_px], axis=1), depth

    def depth(self, z: float) -> float:
        """Returns how far the ground at `z` is away along the line of sight, in metres."""
        return self._cosine * z + self._sine * self.height_m

    def rays(self, x_px: np.ndarray, y_px: np.ndarray) -> np.ndarray:
        """Returns the direction in which each pixel looks: `(..., 3)` float32, x, z and up."""
        right = (x_px - WIDTH / 2) / self.focal_px
        down = (y_px - HEIGHT / 2) / self.focal_px
        z = self._cosine - self._sine * down
        up = -(self._sine + self._cosine * down)
        return np.stack([right, z, up], axis=-1).astype(np.float32)

    @property
    def _sine(self) -> float:
        return math.sin(math.radians(self.tilt_deg))

    @property
    def _cosine(self) -> float:
        return math.cos(math.radians(self.tilt_deg))
