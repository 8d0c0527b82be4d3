"""Shapes in metres become small pictures with a coverage: everything in the street is drawn so."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from abnormal.datasets.street import camera

_SAMPLES = 4  # per pixel and direction
_SHADOW_SAMPLES = 2
_SHIFT = 4  # fractional bits of the coordinates that OpenCV takes
_FAINT = 16  # coverage of 255 that counts as none, and what lacks so little to 255 counts as full
_SUNNY = (-0.3, -0.2)  # from a stroke's middle to its lit side, as a share of its radius
_SHADE = 0.80  # brightness of the side that the sun does not reach
_SHADOW_PER_M = (0.75, -0.35)  # metres to the right and away that a shadow grows with the height

Point = tuple[float, float, float]


class Shape(NamedTuple):
    """A round-ended stroke, a ball (one point) or a filled outline.

    Attributes:
        points: Metres in the body's own directions: forward, to its left, up from the ground.
        radius: Metres; half the width of the stroke, or of the rim around a filled outline.
        grey: 0 to 255.
        filled: Whether the points are an outline.
        flat: Drawn in one grey, without a lit and a shaded side.
    """

    points: Sequence[Point]
    radius: float
    grey: float
    filled: bool = False
    flat: bool = False


class Place(NamedTuple):
    """Where a body stands.

    Attributes:
        x: Metres to the right.
        z: Metres from the camera.
        heading: Unit vector (x, z) of its forward direction.
        size: Factor on the shapes' metres.
    """

    x: float
    z: float
    heading: tuple[float, float] = (1.0, 0.0)
    size: float = 1.0


@dataclass(frozen=True)
class Sprite:
    """A small picture to lay over a larger one.

    Attributes:
        left: Column of its first pixel.
        top: Row of its first pixel.
        light: `(height, width)` float32 in [0, 255], the grey times the coverage.
        cover: `(height, width)` float32 in [0, 1]; exactly 1 where nothing shows through.
    """

    left: int
    top: int
    light: np.ndarray
    cover: np.ndarray

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of the larger picture that it covers."""
        height, width = self.cover.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


class _Outline(NamedTuple):
    """Shapes as the camera sees them, on a canvas of whole pixels that holds them.

    Attributes:
        box: Left, top, right and bottom in the picture.
        corners: For each shape `(k, 2)` int32 on the canvas, OpenCV's fixed-point numbers.
        lit: The same for the middle of its lit side.
        radii: For each shape, in the canvas's samples.
    """

    box: tuple[int, int, int, int]
    corners: list[np.ndarray]
    lit: list[np.ndarray]
    radii: list[float]

    def canvas(self, samples: int, *channels: int) -> np.ndarray:
        """Make an empty canvas of so many samples per pixel and direction."""
        left, top, right, bottom = self.box
        return np.zeros(((bottom - top) * samples, (right - left) * samples, *channels), np.uint8)

    def shrink(self, canvas: np.ndarray) -> np.ndarray:
        """Average a canvas to the picture's pixels."""
        left, top, right, bottom = self.box
        return cv2.resize(canvas, (right - left, bottom - top), interpolation=cv2.INTER_AREA)


def draw_sprite(shapes: Sequence[Shape], place: Place) -> Sprite | None:
    """Draw a body, far parts first.

    Args:
        shapes: Its parts.
        place: Where it stands.

    Returns:
        The part within the picture, or None where there is none.
    """
    points = _stand(shapes, place)
    outline = _outline(shapes, points, place.size, _SAMPLES)
    if outline is None:
        return None
    canvas = outline.canvas(_SAMPLES, 2)
    depths = _mean_of_each(shapes, camera.view_depth(points))
    for number in np.argsort(-depths, kind="stable").tolist():
        _paint(canvas, shapes[number], outline, number)
    return _clean(outline.box[0], outline.box[1], outline.shrink(canvas))


def lay_shadow(shade: np.ndarray, shapes: Sequence[Shape], place: Place) -> None:
    """Add the shadow that a body casts on the ground.

    Args:
        shade: `(camera.HEIGHT, camera.WIDTH)` uint8, 255 where no sun arrives; changed in place.
        shapes: The body's parts; those that are small and flat cast none.
        place: Where it stands.
    """
    large = [shape for shape in shapes if shape.filled or not shape.flat]
    points = _stand(large, place)
    points[:, :2] += points[:, 2:] * _SHADOW_PER_M
    points[:, 2] = 0.0
    outline = _outline(large, points, place.size, _SHADOW_SAMPLES)
    if outline is None:
        return
    canvas = outline.canvas(_SHADOW_SAMPLES)
    for shape, corners, radius in zip(large, outline.corners, outline.radii, strict=True):
        _stroke(canvas, corners, radius, shape.filled, (255,))
    small = outline.shrink(cv2.blur(canvas, (5, 5)))
    left, top, right, bottom = outline.box
    window = shade[top:bottom, left:right]
    np.maximum(window, small, out=window)


def overlay(picture: np.ndarray, sprite: Sprite) -> None:
    """Lay a sprite over a picture, in place.

    Args:
        picture: `(camera.HEIGHT, camera.WIDTH)` float32 in [0, 255].
        sprite: What is nearer.
    """
    window = picture[sprite.window]
    # In this order, full coverage leaves nothing of what was there, not even a rounding error.
    window *= 1.0 - sprite.cover
    window += sprite.light


def _stand(shapes: Sequence[Shape], place: Place) -> np.ndarray:
    """Put the points of all shapes into the street: `(n, 3)` metres x, z, height."""
    body = np.array([point for shape in shapes for point in shape.points]) * place.size
    ahead_x, ahead_z = place.heading
    x = place.x + body[:, 0] * ahead_x - body[:, 1] * ahead_z
    z = place.z + body[:, 0] * ahead_z + body[:, 1] * ahead_x
    return np.stack([x, z, body[:, 2]], axis=1)


def _outline(
    shapes: Sequence[Shape], points: np.ndarray, size: float, samples: int
) -> _Outline | None:
    flat, px_per_m = camera.project(points)
    scale = float(px_per_m.mean()) * size
    margin = max(shape.radius for shape in shapes) * scale + 2.0
    left, top = np.floor(flat.min(axis=0) - margin).astype(int).tolist()
    right, bottom = np.ceil(flat.max(axis=0) + margin).astype(int).tolist()
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, camera.WIDTH), min(bottom, camera.HEIGHT)
    if left >= right or top >= bottom:
        return None
    radii = [shape.radius * scale * samples for shape in shapes]
    counts = [len(shape.points) for shape in shapes]
    on_canvas = (flat - (left, top)) * samples - 0.5
    lit = on_canvas + np.repeat(radii, counts)[:, np.newaxis] * _SUNNY
    box = (left, top, right, bottom)
    return _Outline(box, _fixed(on_canvas, counts), _fixed(lit, counts), radii)


def _fixed(on_canvas: np.ndarray, counts: Sequence[int]) -> list[np.ndarray]:
    """Turn samples into OpenCV's fixed-point numbers, and give each shape its own."""
    numbers = np.rint(on_canvas * (1 << _SHIFT)).astype(np.int32)
    ends = itertools.accumulate(counts)
    return [numbers[end - count : end] for end, count in zip(ends, counts, strict=True)]


def _mean_of_each(shapes: Sequence[Shape], values: np.ndarray) -> np.ndarray:
    counts = np.array([len(shape.points) for shape in shapes])
    starts = np.cumsum(counts) - counts
    return np.add.reduceat(values, starts) / counts


def _paint(canvas: np.ndarray, shape: Shape, outline: _Outline, number: int) -> None:
    """Draw one shape: the whole in its shaded grey, then its lit side."""
    corners, radius = outline.corners[number], outline.radii[number]
    if shape.flat:
        _stroke(canvas, corners, radius, shape.filled, (shape.grey, 255))
        return
    _stroke(canvas, corners, radius, shape.filled, (shape.grey * _SHADE, 255))
    _stroke(canvas, outline.lit[number], radius * 0.65, shape.filled, (shape.grey, 255))


def _stroke(
    canvas: np.ndarray,
    corners: np.ndarray,
    radius: float,
    filled: bool,
    colour: tuple[float, ...],
) -> None:
    if len(corners) == 1:
        fixed_radius = max(round(radius * (1 << _SHIFT)), 1)
        cv2.circle(canvas, corners[0].tolist(), fixed_radius, colour, -1, cv2.LINE_8, _SHIFT)
        return
    if filled:
        cv2.fillPoly(canvas, [corners], colour, cv2.LINE_8, _SHIFT)
    if radius > 0.0:
        width = max(round(2.0 * radius), 1)
        cv2.polylines(canvas, [corners], filled, colour, width, cv2.LINE_8, _SHIFT)


def _clean(left: int, top: int, small: np.ndarray) -> Sprite:
    """Make the coverage end sharply: traces of it become none, nearly full becomes full."""
    light = small[:, :, 0].astype(np.float32)
    cover = small[:, :, 1].astype(np.float32)
    wanted = np.where(cover < _FAINT, 0.0, np.where(cover > 255 - _FAINT, 255.0, cover))
    wanted = wanted.astype(np.float32)
    light *= wanted / np.maximum(cover, 1.0)
    return Sprite(left, top, light, wanted / np.float32(255.0))
