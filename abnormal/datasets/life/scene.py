"""A place as it is drawn: its picture without people, and what hides people in it."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from abnormal.datasets.life.canvas import Canvas
from abnormal.datasets.life.daylight import Daylight
from abnormal.datasets.life.paint import (
    Body,
    Projected,
    paint,
    paint_shadow,
    project_all,
)
from abnormal.datasets.life.place import Place
from abnormal.datasets.life.places import PLACES
from abnormal.datasets.life.view import HEIGHT, WIDTH

SHADOW = 0.42
"""Share of the light that a shadow takes away in full sun."""

_GROUND = 1  # number of the surface
_VISIBLE = 40  # of 255: a body that covers less of a pixel is not in its mask


class Screen(NamedTuple):
    """Something that hides people behind it.

    Attributes:
        depth: Its distance along the line of sight in metres; None for a wall.
        number: Number of the wall.
        window: The rows and columns that it covers.
        cover: `(height, width)` bool, where it is visible in that window.
    """

    depth: float | None
    number: int
    window: tuple[slice, slice]
    cover: np.ndarray


class Scene:
    """A place without people.

    Args:
        name: Name of the place.
        seed: Random seed of its surfaces and furniture.
    """

    def __init__(self, name: str, seed: int) -> None:
        self.place: Place = PLACES[name]
        rng = np.random.default_rng([seed, 1])
        canvas = Canvas(self.place.view, rng)
        self.place.surfaces(canvas)
        self._furniture = [Body(p.shapes, p.pose) for p in self.place.furniture(rng)]
        self.picture = canvas.greys()
        self._no_ground = np.where(canvas.visible(_GROUND), 0, 255).astype(np.uint8)
        self._screens = [
            Screen(None, number, *_cropped(canvas.visible(wall.surface)))
            for number, wall in enumerate(self.place.walls)
        ]
        for drawn in self._in_order(self._furniture):
            paint(self.picture, drawn, 1.0)
            outline = np.zeros_like(self.picture)
            paint(outline, drawn, 1.0, 255)
            self._no_ground |= outline
            self._screens.append(Screen(drawn.depth, 0, *_cropped(outline >= 128)))

    def fixed_shadows(self, daylight: Daylight, time_sec: float) -> np.ndarray:
        """Draws the shadows of the furniture: `(HEIGHT, WIDTH)` uint8, 255 in full shadow."""
        shade = np.zeros((HEIGHT, WIDTH), np.uint8)
        per_m = daylight.shadow_per_m(time_sec)
        for drawn in project_all(self.place.view, self._furniture, per_m):
            paint_shadow(shade, drawn)
        return shade

    def draw(
        self, bodies: Sequence[Body], fixed: np.ndarray, daylight: Daylight, time_sec: float
    ) -> np.ndarray:
        """Draws the place with people.

        Args:
            bodies: The people and things. Missing ones are not drawn.
            fixed: The shadows of the furniture.
            daylight: The light.
            time_sec: Time since the footage began.

        Returns:
            `(HEIGHT, WIDTH)` uint8, without noise.
        """
        there = [body for body in bodies if not body.missing]
        projected = self._in_order(there, daylight.shadow_per_m(time_sec))
        shade = self._shade(projected, fixed)
        light, dark = daylight.level(time_sec), SHADOW * daylight.sun(time_sec)
        share = cv2.convertScaleAbs(shade, alpha=-dark, beta=255.0)
        lit = cv2.multiply(self.picture, share, scale=light / 255.0)
        picture = lit.copy()
        for drawn in projected:
            paint(picture, drawn, light)
            self._hide(picture, lit, drawn)
        return picture

    def mask(self, bodies: Sequence[Body]) -> np.ndarray:
        """Marks what is abnormal and visible: `(HEIGHT, WIDTH)` uint8, 1 there and 0 elsewhere."""
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        for drawn in self._in_order(bodies):
            paint(mask, drawn, 1.0, 255 if drawn.body.abnormal else 0)
            self._hide(mask, np.zeros_like(mask), drawn)
        return (mask >= _VISIBLE).astype(np.uint8)

    def _shade(self, projected: Sequence[Projected], fixed: np.ndarray) -> np.ndarray:
        """Adds the shadows of bodies on the ground to those of the furniture."""
        shade = fixed.copy()
        for drawn in projected:
            paint_shadow(shade, drawn)
        return cv2.subtract(cv2.blur(shade, (3, 3)), self._no_ground)

    def _in_order(
        self, bodies: Sequence[Body], shadow_per_m: tuple[float, float] = (0.0, 0.0)
    ) -> list[Projected]:
        """Projects bodies in the order of painting: those behind walls first, then by distance."""
        drawn = project_all(self.place.view, bodies, shadow_per_m)
        return sorted(drawn, key=lambda one: (not self._behind_walls(one), -one.depth))

    def _behind_walls(self, drawn: Projected) -> list[int]:
        pose = drawn.body.pose
        return [n for n, wall in enumerate(self.place.walls) if wall.hides(pose.x, pose.z)]

    def _hide(self, picture: np.ndarray, empty: np.ndarray, drawn: Projected) -> None:
        """Puts back whatever stands in front of a body that was just painted."""
        walls = self._behind_walls(drawn)
        for screen in self._screens:
            hides = screen.number in walls if screen.depth is None else screen.depth < drawn.depth
            if not hides:
                continue
            rows = _overlap(screen.window[0], drawn.window[0])
            columns = _overlap(screen.window[1], drawn.window[1])
            if rows.start < rows.stop and columns.start < columns.stop:
                cover = screen.cover[
                    _within(rows, screen.window[0]), _within(columns, screen.window[1])
                ]
                np.copyto(picture[rows, columns], empty[rows, columns], where=cover)


@functools.lru_cache(maxsize=4)
def open_scene(name: str, seed: int) -> Scene:
    """Returns a place without people, which is painted once."""
    return Scene(name, seed)


def _cropped(cover: np.ndarray) -> tuple[tuple[slice, slice], np.ndarray]:
    """Returns the window around the part of a picture that is True, and that part."""
    left, top, width, height = cv2.boundingRect(cover.astype(np.uint8))
    window = slice(top, top + height), slice(left, left + width)
    return window, cover[window]


def _overlap(one: slice, other: slice) -> slice:
    return slice(max(one.start, other.start), min(one.stop, other.stop))


def _within(part: slice, whole: slice) -> slice:
    return slice(part.start - whole.start, part.stop - whole.start)
