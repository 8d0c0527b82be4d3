"""Furniture that several places have, beside that of the demo's street."""

import math

from abnormal.datasets.life.place import Point
from abnormal.datasets.street import furniture, vehicles
from abnormal.datasets.street.furniture import Piece
from abnormal.datasets.street.shapes import Point as Corner
from abnormal.datasets.street.shapes import Pose, Shape


def bench_facing(x: float, z: float, facing: Point) -> Piece:
    """Returns a bench on which people look in a direction."""
    return Piece(furniture.bench(), Pose(x, z, (-facing[1], facing[0])))


def pole(x: float, z: float, sign_up_m: float) -> Piece:
    """Returns a pole with a round sign, as at a bus stop."""
    shapes = [
        Shape([(0.0, 0.0, 0.0), (0.0, 0.0, sign_up_m)], 0.05, 75.0),
        Shape([(0.0, -0.03, sign_up_m)], 0.28, 215.0, flat=True),
        Shape([(0.0, -0.05, sign_up_m)], 0.15, 70.0, flat=True),
    ]
    return Piece(shapes, Pose(x, z))


def cabinet(x: float, z: float, facing: Point, size: tuple[float, float, float]) -> Piece:
    """Returns a box with a lit front, as a kiosk, a counter or a vending machine.

    Args:
        x: Metres to the right of the camera.
        z: Metres away from it.
        facing: Unit vector (x, z) towards which its front looks.
        size: Depth, width and height in metres.
    """
    deep, wide, high = (0.5 * size[0], 0.5 * size[1], size[2])
    shapes = vehicles.box((-deep, deep), (-wide, wide), (0.0, high), 128.0)
    front: list[Corner] = [
        (deep + 0.02, -0.8 * wide, 0.5 * high),
        (deep + 0.02, 0.8 * wide, 0.5 * high),
        (deep + 0.02, 0.8 * wide, 0.92 * high),
        (deep + 0.02, -0.8 * wide, 0.92 * high),
    ]
    return Piece([*shapes, Shape(front, 0.0, 208.0, filled=True, flat=True)], Pose(x, z, facing))


def fountain(x: float, z: float, radius_m: float) -> Piece:
    """Returns a round basin with a column."""
    steps = [2.0 * math.pi * k / 24 for k in range(24)]
    ring = [(radius_m * math.cos(a), radius_m * math.sin(a)) for a in steps]
    shapes = [
        Shape([(f, s, 0.25) for f, s in ring], 0.25, 165.0, filled=True, flat=True),
        Shape([(0.9 * f, 0.9 * s, 0.5) for f, s in ring], 0.0, 105.0, filled=True, flat=True),
        Shape([(0.0, 0.0, 0.4), (0.0, 0.0, 2.2)], 0.22, 150.0),
        Shape([(0.0, 0.0, 2.3)], 0.45, 160.0),
    ]
    return Piece(shapes, Pose(x, z))


def board() -> tuple[Shape, ...]:
    """Returns a sandwich board: the thing that stands at each place and may be taken away."""
    panel: list[Corner] = [(-0.35, -0.05, 0.05), (0.35, -0.05, 0.05), (0.32, 0.0, 1.0)]
    panel.append((-0.32, 0.0, 1.0))
    text = [[(-0.2, -0.06, h), (0.2, -0.06, h)] for h in (0.4, 0.6, 0.8)]
    lines = [Shape(line, 0.03, 60.0, flat=True) for line in text]
    return (Shape(panel, 0.03, 228.0, filled=True, flat=True), *lines)
