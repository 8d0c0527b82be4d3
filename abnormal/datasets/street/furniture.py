"""Trees, a lamp post, a bench, a bin and bushes, which hide the people who walk behind them."""

import functools
import math
from typing import NamedTuple

import numpy as np

from abnormal.datasets.street.shapes import Point, Pose, Shape, Sprite, draw_sprite


class Piece(NamedTuple):
    """A piece of furniture, such as a tree, a lamp post or a bench.

    Attributes:
        shapes: Its shapes.
        pose: Where it stands.
    """

    shapes: list[Shape]
    pose: Pose


@functools.lru_cache(maxsize=4)
def make_furniture(seed: int) -> tuple[Piece, ...]:
    """Makes all pieces of furniture. Their positions and details vary with the seed."""
    rng = np.random.default_rng([seed, 2])
    shift = rng.uniform(-0.4, 0.4, 4)
    return (
        Piece(tree(rng, 3.0, 1.35), Pose(-9.3 + shift[0], 37.3)),
        Piece(tree(rng, 3.2, 1.5), Pose(6.4 + shift[1], 37.4)),
        Piece(tree(rng, 2.2, 0.85), Pose(7.3 + shift[1], 26.2)),
        Piece(lamp(), Pose(-0.6 + shift[2], 24.4)),
        Piece(bench(), Pose(5.0 + shift[3], 24.7)),
        Piece(litter_bin(), Pose(6.4 + shift[3], 24.6)),
        Piece(bush(rng), Pose(-6.0 + shift[2], 18.6)),
        Piece(bush(rng), Pose(4.3 + shift[0], 18.5)),
    )


@functools.lru_cache(maxsize=4)
def draw_furniture(seed: int) -> tuple[tuple[float, Sprite], ...]:
    """Draws all pieces of furniture.

    Returns:
        For each piece, its distance `z` from the camera in metres, and its sprite.
    """
    drawn = ((piece.pose.z, draw_sprite(*piece)) for piece in make_furniture(seed))
    return tuple((z, sprite) for z, sprite in drawn if sprite is not None)


def tree(rng: np.random.Generator, crown_m: float, radius: float) -> list[Shape]:
    """Makes a tree. The centre of its crown is `crown_m` above the ground."""
    trunk = [
        Shape([(0.0, 0.0, 0.0), (0.03, 0.0, crown_m * 0.5)], 0.12, 62.0),
        Shape([(0.03, 0.0, crown_m * 0.4), (0.0, 0.0, crown_m)], 0.08, 58.0),
        Shape([(0.03, 0.0, crown_m * 0.55), (0.45 * radius, 0.1, crown_m)], 0.06, 56.0),
        Shape([(0.03, 0.0, crown_m * 0.6), (-0.45 * radius, 0.1, crown_m)], 0.06, 56.0),
    ]
    return trunk + _crown(rng, crown_m, radius)


def _crown(rng: np.random.Generator, crown_m: float, radius: float) -> list[Shape]:
    """Makes a large ball of leaves with smaller ones around it."""
    tufts = _leaves(rng, (0.0, 0.0, crown_m), 0.8 * radius, 350)
    for angle in np.arange(6) * (math.pi / 3.0) + rng.uniform(0.0, 1.0):
        out = 0.6 * radius * rng.uniform(0.8, 1.2)
        middle = (out * math.cos(angle), 0.0, crown_m + 0.8 * out * math.sin(angle))
        tufts += _leaves(rng, middle, 0.45 * radius, 90)
    return tufts


def _leaves(
    rng: np.random.Generator, middle: Point, radius: float, count: int, tuft_m: float = 0.065
) -> list[Shape]:
    """Makes a ball of tufts of leaves, lighter towards the sun: on the left, on top, in front."""
    leaves = []
    for _ in range(count):
        direction = rng.standard_normal(3)
        x, z, up = direction * (radius * rng.uniform(0.5, 1.0) / np.linalg.norm(direction))
        sunny = float(-0.5 * x - 0.4 * z + 0.8 * up) / radius
        grey = float(np.clip(78.0 + 44.0 * sunny + rng.normal(0.0, 19.0), 18.0, 175.0))
        base = (middle[0] + x, middle[1] + z, middle[2] + 0.85 * up)
        tip = (base[0] + rng.normal(0.0, 0.06), base[1], base[2] + rng.normal(0.0, 0.06))
        leaves.append(Shape([base, tip], float(rng.uniform(0.5, 1.2)) * tuft_m, grey))
    return leaves


def lamp() -> list[Shape]:
    """Makes a lamp post, whose arm points forward."""
    return [
        Shape([(0.0, 0.0, 0.0), (0.0, 0.0, 0.7)], 0.085, 60.0),
        Shape([(0.0, 0.0, 0.7), (0.0, 0.0, 3.9)], 0.05, 70.0),
        Shape([(0.0, 0.0, 3.9), (0.15, 0.0, 4.15), (0.5, 0.0, 4.2)], 0.04, 70.0),
        Shape([(0.4, 0.0, 4.16), (0.85, 0.0, 4.16)], 0.07, 205.0),
    ]


def bench() -> list[Shape]:
    """Makes a bench along the forward direction, whose back is on its left."""
    legs = [
        Shape([(f, s, 0.0), (f, s, 0.45)], 0.035, 45.0) for f in (-0.7, 0.7) for s in (-0.2, 0.2)
    ]
    seat: list[Point] = [(-0.9, -0.22, 0.45), (0.9, -0.22, 0.45), (0.9, 0.22, 0.45)]
    seat.append((-0.9, 0.22, 0.45))
    back = [Shape([(-0.9, 0.24, h), (0.9, 0.24, h)], 0.045, 120.0) for h in (0.62, 0.8)]
    return [*legs, Shape(seat, 0.02, 132.0, filled=True, flat=True), *back]


def litter_bin() -> list[Shape]:
    """Makes a litter bin."""
    rim = [(0.2 * math.cos(a), 0.2 * math.sin(a), 0.82) for a in np.linspace(0, 2 * math.pi, 12)]
    return [
        Shape([(0.0, 0.0, 0.2), (0.0, 0.0, 0.65)], 0.21, 75.0),
        Shape(rim, 0.0, 35.0, filled=True, flat=True),
    ]


def bush(rng: np.random.Generator) -> list[Shape]:
    """Makes a bush of 1.4 m width."""
    return _leaves(rng, (0.0, 0.0, 0.3), 0.7, 1100, 0.032)
