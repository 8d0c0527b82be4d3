"""Paints bodies straight into a picture of 8 bits, which is several times as fast as sprites."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from abnormal.datasets.life.view import HEIGHT, NEAREST_M, WIDTH, View
from abnormal.datasets.street.shapes import Pose, Shape

_SHIFT = 4  # fractional bits of the coordinates that OpenCV takes
_SUNNY = np.array([-0.3, -0.2]) * (1 << _SHIFT)  # from a stroke's middle to its lit side, in radii
_SHADE = 0.80  # brightness of the side turned away from the light
_LIT_FROM_PX = 1.5  # radius below which a stroke has no lit side


class Body(NamedTuple):
    """Something to be painted.

    Attributes:
        shapes: Its shapes.
        pose: Where it stands.
        abnormal: Whether it is abnormal at this moment.
        missing: Whether it is not there, and that is what is abnormal.
    """

    shapes: Sequence[Shape]
    pose: Pose
    abnormal: bool = False
    missing: bool = False


class Stroke(NamedTuple):
    """A shape as it appears in the picture.

    Attributes:
        shape: The shape.
        corners: `(n, 2)` int32, its points in OpenCV's fixed-point numbers.
        shadow: The same on the ground, where its shadow falls.
        radius: Its radius in pixels.
    """

    shape: Shape
    corners: np.ndarray
    shadow: np.ndarray
    radius: float


class Projected(NamedTuple):
    """A body as it appears in the picture.

    Attributes:
        body: The body.
        depth: Its distance along the line of sight in metres.
        window: The rows and columns of the picture that it may cover; empty if it is outside.
        strokes: Its shapes, the farthest first.
    """

    body: Body
    depth: float
    window: tuple[slice, slice]
    strokes: list[Stroke]


def project_all(
    view: View, bodies: Sequence[Body], shadow_per_m: tuple[float, float] = (0.0, 0.0)
) -> list[Projected]:
    """Projects all bodies of a frame at once, which costs little more than projecting one.

    Args:
        view: The camera.
        bodies: The bodies.
        shadow_per_m: Metres to the right and away by which a shadow grows with each metre of
            height.

    Returns:
        The bodies that are in front of the camera, in their order.
    """
    if not bodies:
        return []
    shapes = [shape for body in bodies for shape in body.shapes]
    sizes = np.array([len(shape.points) for shape in shapes])
    first = np.cumsum(sizes) - sizes  # of each shape's points
    begin = np.cumsum([0] + [len(body.shapes) for body in bodies])  # of each body's shapes
    points = _world_points(bodies, shapes, np.add.reduceat(sizes, begin[:-1]))
    flat, depths = view.project(points)
    shape_depths = np.add.reduceat(depths, first) / sizes
    of_body = np.repeat(np.arange(len(bodies)), np.diff(begin))
    starts = first[begin[:-1]]
    means = np.add.reduceat(depths, starts) / np.diff([*starts, len(depths)])
    px_per_m = view.focal_px * np.array([body.pose.size for body in bodies]) / means
    radii = np.array([shape.radius for shape in shapes]) * px_per_m[of_body]
    corners = _fixed_point(flat)
    shadows = _fixed_point(view.project(_on_ground(points, shadow_per_m))[0])
    strokes = [
        Stroke(shape, corners[since : since + size], shadows[since : since + size], radius)
        for shape, since, size, radius in zip(
            shapes, first.tolist(), sizes.tolist(), radii.tolist(), strict=True
        )
    ]
    order = np.lexsort((-shape_depths, of_body)).tolist()
    margins = np.maximum.reduceat(radii, begin[:-1])[:, np.newaxis] + 2.0
    near = np.minimum.reduceat(flat, starts) - margins
    far = np.maximum.reduceat(flat, starts) + margins
    windows = map(_window, near.tolist(), far.tolist())
    there = np.minimum.reduceat(depths, starts) > NEAREST_M
    return [
        Projected(body, view.depth(body.pose.z), window, [strokes[n] for n in order[since:until]])
        for body, window, since, until, in_front in zip(
            bodies, windows, begin[:-1].tolist(), begin[1:].tolist(), there.tolist(), strict=True
        )
        if in_front
    ]


def _world_points(
    bodies: Sequence[Body], shapes: Sequence[Shape], counts: np.ndarray
) -> np.ndarray:
    """Returns the points of all shapes: `(n, 3)` float, x, z and height in metres.

    Args:
        bodies: The bodies.
        shapes: Their shapes.
        counts: Number of points of each body.
    """
    points = np.array([point for shape in shapes for point in shape.points])
    poses = np.array([(b.pose.x, b.pose.z, *b.pose.heading, b.pose.size) for b in bodies])
    x, z, ahead_x, ahead_z, size = np.repeat(poses, counts, axis=0).T
    points *= size[:, np.newaxis]
    forward, left, up = points.T
    world = np.empty_like(points)
    world[:, 0] = x + forward * ahead_x - left * ahead_z
    world[:, 1] = z + forward * ahead_z + left * ahead_x
    world[:, 2] = up
    return world


def _on_ground(points: np.ndarray, shadow_per_m: tuple[float, float]) -> np.ndarray:
    """Returns where the shadows of points fall: `(n, 3)` float, with height 0."""
    return np.stack(
        [
            points[:, 0] + points[:, 2] * shadow_per_m[0],
            points[:, 1] + points[:, 2] * shadow_per_m[1],
            np.zeros(len(points)),
        ],
        axis=1,
    )


def _window(near: list[float], far: list[float]) -> tuple[slice, slice]:
    (left, top), (right, bottom) = near, far
    return (
        slice(max(int(top), 0), min(int(bottom), HEIGHT)),
        slice(max(int(left), 0), min(int(right), WIDTH)),
    )


def paint(
    picture: np.ndarray, projected: Projected, light: float, only_grey: int | None = None
) -> None:
    """Paints a projected body into a picture.

    Args:
        picture: `(HEIGHT, WIDTH)` uint8. It is changed in place.
        projected: The body.
        light: Brightness, as a factor of its greys.
        only_grey: Grey of the whole body, which makes masks; None for its own greys.
    """
    rows, columns = projected.window
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    for shape, corners, _, radius in projected.strokes:
        grey = min(shape.grey * light, 240.0) if only_grey is None else only_grey
        if shape.flat or shape.filled or radius < _LIT_FROM_PX:
            _stroke(picture, corners, radius, shape.filled, grey)
            continue
        shaded = grey * _SHADE if only_grey is None else grey
        _stroke(picture, corners, radius, shape.filled, shaded)
        lit = corners + (_SUNNY * radius).astype(np.int32)
        _stroke(picture, lit, radius * 0.6, shape.filled, grey)


def paint_shadow(shade: np.ndarray, projected: Projected) -> None:
    """Paints the shadow of a body on the ground. Its flat strokes cast no shadow.

    Args:
        shade: `(HEIGHT, WIDTH)` uint8, 255 where no sunlight arrives. It is changed in place.
        projected: The body.
    """
    for shape, _, shadow, radius in projected.strokes:
        if shape.filled or not shape.flat:
            _stroke(shade, shadow, radius * 0.8, shape.filled, 255)


def _fixed_point(flat: np.ndarray) -> np.ndarray:
    limited = np.clip(flat, -2000.0, 2000.0)
    return np.rint((limited - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _stroke(
    picture: np.ndarray, corners: np.ndarray, radius: float, filled: bool, grey: float
) -> None:
    if len(corners) == 1:
        fixed_radius = max(round(radius * (1 << _SHIFT)), 1)
        cv2.circle(picture, corners[0].tolist(), fixed_radius, grey, -1, cv2.LINE_AA, _SHIFT)
        return
    if filled:
        cv2.fillPoly(picture, [corners], grey, cv2.LINE_AA, _SHIFT)
    if radius > 0.3:
        width = max(round(2.0 * radius), 1)
        cv2.polylines(picture, [corners], filled, grey, width, cv2.LINE_AA, _SHIFT)
