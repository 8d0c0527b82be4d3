"""Paints what stands still at a place: the ground and upright walls, seen along rays."""

from collections.abc import Callable

import cv2
import numpy as np

from abnormal.datasets.life.view import HEIGHT, WIDTH, View
from abnormal.datasets.street.background import smooth_noise

_SAMPLES = 2  # per pixel and direction

Texture = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Returns greys in [0, 255], given two coordinates in metres, all of one shape."""

Range = tuple[float, float]


class Canvas:
    """A picture in which the nearest surface is visible in each pixel.

    Args:
        view: The camera.
        rng: Random generator, for the grain of the surfaces.
    """

    def __init__(self, view: View, rng: np.random.Generator) -> None:
        x = (np.arange(WIDTH * _SAMPLES) + 0.5) / _SAMPLES
        y = (np.arange(HEIGHT * _SAMPLES) + 0.5) / _SAMPLES
        rays = view.rays(*np.meshgrid(x, y))
        self.rng = rng
        self._height_m = view.height_m
        self._x, self._z, self._up = rays[..., 0], rays[..., 1], rays[..., 2]
        self._distance = np.full(self._x.shape, np.inf, np.float32)
        self._greys = np.full(self._x.shape, 215.0, np.float32)  # the sky
        self._surface = np.zeros(self._x.shape, np.uint8)

    def grain(self, level: float, blur_px: float = 1.0) -> np.ndarray:
        """Returns random grain for a surface, with `level` grey levels of standard deviation."""
        return level * smooth_noise(self.rng, self._x, (blur_px, blur_px))

    def ground(self, texture: Texture, surface: int = 1) -> None:
        """Paints the whole ground.

        Args:
            texture: Grey by x and z.
            surface: Number of the surface, from 1 to 255.
        """
        with np.errstate(divide="ignore"):
            distance = np.where(self._up < 0, -self._height_m / self._up, np.inf)
        self._paint(distance, np.isfinite(distance), texture, surface)

    def wall_across(
        self, z: float, x: Range, up: Range, texture: Texture, surface: int = 2
    ) -> None:
        """Paints an upright wall at the distance `z`, whose grey depends on x and height."""
        distance = z / np.maximum(self._z, 1e-6)
        height = self._height_m + self._up * distance
        there = _between(self._x * distance, x) & _between(height, up)
        self._paint(distance, there, lambda a, _: texture(a, height), surface)

    def wall_along(self, x: float, z: Range, up: Range, texture: Texture, surface: int = 2) -> None:
        """Paints an upright wall at `x`, whose grey depends on z and height."""
        with np.errstate(divide="ignore"):
            distance = np.where(self._x * x > 0, x / self._x, np.inf)
        finite = np.where(np.isfinite(distance), distance, 0.0)
        height = self._height_m + self._up * finite
        there = np.isfinite(distance) & _between(self._z * finite, z) & _between(height, up)
        self._paint(distance, there, lambda _, b: texture(b, height), surface)

    def greys(self) -> np.ndarray:
        """Returns the picture: `(HEIGHT, WIDTH)` uint8."""
        small = cv2.resize(self._greys, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return np.clip(np.rint(small), 0, 240).astype(np.uint8)

    def visible(self, surface: int) -> np.ndarray:
        """Returns where a surface is visible: `(HEIGHT, WIDTH)` bool."""
        share = (self._surface == surface).astype(np.float32)
        return cv2.resize(share, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) >= 0.5

    def _paint(
        self, distance: np.ndarray, there: np.ndarray, texture: Texture, surface: int
    ) -> None:
        there = there & (distance > 0) & (distance < self._distance)
        reach = np.where(there, distance, 0.0)
        greys = texture(self._x * reach, self._z * reach)
        np.copyto(self._greys, greys.astype(np.float32), where=there)
        np.copyto(self._distance, distance.astype(np.float32), where=there)
        self._surface[there] = surface


def _between(values: np.ndarray, limits: Range) -> np.ndarray:
    return (values >= limits[0]) & (values < limits[1])
