"""A hall with a corridor and doors, seen from under its ceiling."""

import numpy as np

from abnormal.datasets.life import pieces, textures
from abnormal.datasets.life.canvas import Canvas
from abnormal.datasets.life.place import Lane, Place, Spot, Wall
from abnormal.datasets.life.view import View
from abnormal.datasets.street import furniture
from abnormal.datasets.street.furniture import Piece
from abnormal.datasets.street.shapes import Pose

_SIDE_X = 5.0
_BACK_Z = 15.0
_CORRIDOR_X = 1.8
_DOOR_Z = (7.5, 9.4)
_ARCH_Z = (10.3, 12.6)
_CEILING_M = 4.2
_LEFT, _RIGHT, _BACK = 2, 3, 4


def _surfaces(canvas: Canvas) -> None:
    floor = textures.tiles(canvas, 0.8)

    def ground(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        closed = (x > 3.0) & (x < _SIDE_X) & (z > 4.3) & (z < 6.9)
        hatched = np.where((x + z) % 0.5 < 0.12, 225.0, 110.0)
        return np.where(closed, hatched, floor(x, z))

    up = (0.0, _CEILING_M)
    lintel = (2.3, _CEILING_M)
    light, dark = textures.plaster(canvas, 196.0), textures.plaster(canvas, 96.0)
    canvas.ground(ground)
    for x, opening, surface in ((-_SIDE_X, _DOOR_Z, _LEFT), (_SIDE_X, _ARCH_Z, _RIGHT)):
        canvas.wall_along(x, (0.0, opening[0]), up, light, surface)
        canvas.wall_along(x, (opening[1], _BACK_Z), up, light, surface)
        canvas.wall_along(x, opening, lintel, light, surface)
        canvas.wall_along(1.4 * x, (0.0, 30.0), up, dark, 5)
    back = textures.plaster(canvas, 178.0)
    canvas.wall_across(_BACK_Z, (-_SIDE_X, -_CORRIDOR_X), up, back, _BACK)
    canvas.wall_across(_BACK_Z, (_CORRIDOR_X, _SIDE_X), up, back, _BACK)
    canvas.wall_across(_BACK_Z, (-_CORRIDOR_X, _CORRIDOR_X), (2.7, _CEILING_M), back, _BACK)
    canvas.wall_across(20.0, (-9.0, 9.0), up, dark, 6)


def _furniture(rng: np.random.Generator) -> list[Piece]:
    return [
        pieces.bench_facing(-4.55, 11.5, (1.0, 0.0)),
        pieces.bench_facing(4.55, 8.2, (-1.0, 0.0)),
        pieces.cabinet(-3.4, 14.4, (0.0, -1.0), (0.8, 2.6, 1.1)),
        pieces.cabinet(4.5, 13.7, (-1.0, 0.0), (0.8, 1.0, 1.9)),
        Piece(furniture.litter_bin(), Pose(-4.6, 6.9)),
        Piece(furniture.bush(rng), Pose(2.9, 14.4)),
    ]


HALL = Place(
    view=View(height_m=3.3, tilt_deg=30.0, focal_px=230.0),
    surfaces=_surfaces,
    furniture=_furniture,
    walls=(
        Wall(_LEFT, lambda x, z: x < -_SIDE_X),
        Wall(_RIGHT, lambda x, z: x > _SIDE_X),
        Wall(_BACK, lambda x, z: z > _BACK_Z),
    ),
    lanes=(
        Lane(((1.3, 0.7), (1.1, 14.5), (0.9, 16.5), (6.0, 17.5)), 0.35),
        Lane(((-6.0, 17.5), (-0.9, 16.5), (-1.1, 14.5), (-1.5, 0.7)), 0.35),
        Lane(((-7.0, 8.4), (-4.6, 8.4), (4.2, 11.5), (7.0, 11.8)), 0.3),
        Lane(((7.0, 10.9), (4.3, 10.8), (2.5, 6.0), (2.6, 0.7)), 0.3),
    ),
    spots=(
        Spot(-4.5, 11.1, (1.0, 0.0), (1,), seat=True),
        Spot(-4.5, 12.0, (1.0, 0.0), (1,), seat=True),
        Spot(4.5, 7.8, (-1.0, 0.0), (3,), seat=True),
        Spot(4.5, 8.7, (-1.0, 0.0), (3,), seat=True),
        Spot(-3.8, 13.0, (0.0, 1.0), (1,)),
        Spot(-2.6, 13.0, (0.0, 1.0), (1,)),
        Spot(3.5, 13.6, (1.0, 0.0), (0,)),
        Spot(3.9, 9.6, (1.0, 0.0), (2,)),
    ),
    forbidden=((1.9, 0.7), (3.1, 4.4), (4.2, 6.0), (3.6, 6.8), (3.1, 6.6), (1.9, 0.7)),
    lonely=(0.0, 5.4),
    item=pieces.board(),
    item_at=(0.0, 8.2),
    drop_at=(1.9, 7.4),
    people_per_min=14.0,
    outdoors=False,
)
