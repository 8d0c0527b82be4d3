"""Draws shapes as sprites: small pictures with a coverage. All bodies and furniture are shapes."""

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
_FAINT = 16  # of 255: less coverage counts as none, and coverage closer to 255 counts as full
_SUNNY = (-0.3, -0.2)  # from the middle of a stroke to its lit side, as a share of its radius
_SHADE = 0.80  # brightness of the side turned away from the sun
_SHADOW_PER_M = (0.75, -0.35)  # metres to the right and away by which a shadow grows per metre

Point = tuple[float, float, float]
"""A point of a body in metres: forward, to its left, up from the ground."""


class Shape(NamedTuple):
    """A round-ended stroke, a ball (one point) or a filled outline.

    Attributes:
        points: Points of the body in metres: forward, to its left, up from the ground.
        radius: Half the width of the stroke, or of the rim around a filled outline, in metres.
        grey: Grey from 0 to 255.
        filled: Whether the points are an outline to be filled.
        flat: Whether it has a single grey, without a lit and a shaded side.
    """

    points: Sequence[Point]
    radius: float
    grey: float
    filled: bool = False
    flat: bool = False


class Pose(NamedTuple):
    """Position, direction and size of a body.

    Attributes:
        x: Position to the right of the camera in metres.
        z: Distance from the camera in metres.
        heading: Unit vector (x, z) of its forward direction.
        size: Scale factor of its shapes.
    """

    x: float
    z: float
    heading: tuple[float, float] = (1.0, 0.0)
    size: float = 1.0


@dataclass(frozen=True)
class Sprite:
    """A small picture that is drawn over a larger one.

    Attributes:
        left: Column of its first pixel in the larger picture.
        top: Row of its first pixel in the larger picture.
        light: `(height, width)` float32 in [0, 255], grey times coverage.
        cover: `(height, width)` float32 in [0, 1], coverage: exactly 1 where it is opaque.
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
    """Shapes projected onto a canvas, which covers a box of whole pixels of the picture.

    Attributes:
        box: Left, top, right and bottom of the canvas in the picture.
        corners: For each shape, its points on the canvas, `(k, 2)` int32 in OpenCV's fixed-point
            numbers.
        lit: The same, shifted to the middle of the lit side.
        radii: For each shape, its radius in samples of the canvas.
    """

    box: tuple[int, int, int, int]
    corners: list[np.ndarray]
    lit: list[np.ndarray]
    radii: list[float]

    def canvas(self, samples: int, *channels: int) -> np.ndarray:
        """Returns an empty canvas with a number of samples per pixel and direction."""
        left, top, right, bottom = self.box
        return np.zeros(((bottom - top) * samples, (right - left) * samples, *channels), np.uint8)

    def shrink(self, canvas: np.ndarray) -> np.ndarray:
        """Averages the samples of a canvas in each pixel of the picture."""
        left, top, right, bottom = self.box
        return cv2.resize(canvas, (right - left, bottom - top), interpolation=cv2.INTER_AREA)


def draw_sprite(shapes: Sequence[Shape], pose: Pose) -> Sprite | None:
    """Draws a body, its farthest shapes first.

    Args:
        shapes: The shapes of the body.
        pose: Where it stands.

    Returns:
        The part of the body inside the picture, or None if it is outside.
    """
    points = _to_street(shapes, pose)
    outline = _outline(shapes, points, pose.size, _SAMPLES)
    if outline is None:
        return None
    canvas = outline.canvas(_SAMPLES, 2)
    depths = _mean_per_shape(shapes, camera.view_depth(points))
    for number in np.argsort(-depths, kind="stable").tolist():
        _draw_shape(canvas, shapes[number], outline, number)
    return _sharpen(outline.box[0], outline.box[1], outline.shrink(canvas))


def draw_shadow(shade: np.ndarray, shapes: Sequence[Shape], pose: Pose) -> None:
    """Draws the shadow of a body on the ground.

    Args:
        shade: All shadows, `(camera.HEIGHT, camera.WIDTH)` uint8, 255 where no sunlight arrives.
            It is changed in place.
        shapes: The shapes of the body. Flat strokes cast no shadow.
        pose: Where it stands.
    """
    large = [shape for shape in shapes if shape.filled or not shape.flat]
    points = _to_street(large, pose)
    points[:, :2] += points[:, 2:] * _SHADOW_PER_M
    points[:, 2] = 0.0
    outline = _outline(large, points, pose.size, _SHADOW_SAMPLES)
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
    """Draws a sprite over a picture.

    Args:
        picture: `(camera.HEIGHT, camera.WIDTH)` float32 in [0, 255]. It is changed in place.
        sprite: The sprite.
    """
    window = picture[sprite.window]
    # In this order, full coverage replaces the picture without a rounding error.
    window *= 1.0 - sprite.cover
    window += sprite.light


def _to_street(shapes: Sequence[Shape], pose: Pose) -> np.ndarray:
    """Returns the points of all shapes in the street: `(n, 3)`, x, z and height in metres."""
    body = np.array([point for shape in shapes for point in shape.points]) * pose.size
    ahead_x, ahead_z = pose.heading
    x = pose.x + body[:, 0] * ahead_x - body[:, 1] * ahead_z
    z = pose.z + body[:, 0] * ahead_z + body[:, 1] * ahead_x
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
    return _Outline(box, _to_fixed_point(on_canvas, counts), _to_fixed_point(lit, counts), radii)


def _to_fixed_point(on_canvas: np.ndarray, counts: Sequence[int]) -> list[np.ndarray]:
    """Converts points to OpenCV's fixed-point numbers, and splits them by shape."""
    numbers = np.rint(on_canvas * (1 << _SHIFT)).astype(np.int32)
    ends = itertools.accumulate(counts)
    return [numbers[end - count : end] for end, count in zip(ends, counts, strict=True)]


def _mean_per_shape(shapes: Sequence[Shape], values: np.ndarray) -> np.ndarray:
    counts = np.array([len(shape.points) for shape in shapes])
    starts = np.cumsum(counts) - counts
    return np.add.reduceat(values, starts) / counts


def _draw_shape(canvas: np.ndarray, shape: Shape, outline: _Outline, number: int) -> None:
    """Draws one shape: first as a whole in its shaded grey, then its lit side."""
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


def _sharpen(left: int, top: int, small: np.ndarray) -> Sprite:
    """Makes a sprite with a sharp edge: almost no coverage becomes 0, and almost full becomes 1."""
    light = small[:, :, 0].astype(np.float32)
    cover = small[:, :, 1].astype(np.float32)
    wanted = np.where(cover < _FAINT, 0.0, np.where(cover > 255 - _FAINT, 255.0, cover))
    wanted = wanted.astype(np.float32)
    light *= wanted / np.maximum(cover, 1.0)
    return Sprite(left, top, light, wanted / np.float32(255.0))
