"""A square, seen along its length: people are seven times as large in front as at the back."""

import numpy as np

from abnormal.datasets.life import pieces, textures
from abnormal.datasets.life.canvas import Canvas
from abnormal.datasets.life.place import Lane, Place, Spot, Wall
from abnormal.datasets.life.view import View
from abnormal.datasets.street import furniture
from abnormal.datasets.street.furniture import Piece
from abnormal.datasets.street.shapes import Pose

_BACK_Z = 58.0
_ALLEY_X = 4.0
_LAWN = ((-13.0, -4.6), (19.0, 30.0))
_BACK_WALL = 2


def _surfaces(canvas: Canvas) -> None:
    paving, lawn = textures.slabs(canvas, (1.2, 1.2), -12.0), textures.lawn(canvas)

    def ground(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        band = (np.abs(np.abs(x) - 3.0) < 0.15) | (np.abs(z % 12.0 - 6.0) < 0.2)
        greys = np.where(band, 140.0, paving(x, z))
        (x0, x1), (z0, z1) = _LAWN
        grown = (x > x0) & (x < x1) & (z > z0) & (z < z1)
        rim = (x > x0 - 0.3) & (x < x1 + 0.3) & (z > z0 - 0.4) & (z < z1 + 0.4)
        return np.where(grown, lawn(x, z), np.where(rim, 205.0, greys))

    canvas.ground(ground)
    left, right = textures.facade(canvas, 150.0, -9.0), textures.facade(canvas, 128.0, 13.0)
    canvas.wall_across(_BACK_Z, (-90.0, -_ALLEY_X), (0.0, 13.0), left, _BACK_WALL)
    canvas.wall_across(_BACK_Z, (_ALLEY_X, 90.0), (0.0, 10.0), right, _BACK_WALL)
    canvas.wall_across(72.0, (-20.0, 20.0), (0.0, 9.0), textures.facade(canvas, 105.0), 3)
    canvas.wall_along(-24.0, (24.0, 58.0), (0.0, 11.0), textures.facade(canvas, 140.0, 40.0), 4)
    canvas.wall_along(25.0, (38.0, 58.0), (0.0, 9.0), textures.facade(canvas, 160.0, 45.0), 4)


def _furniture(rng: np.random.Generator) -> list[Piece]:
    return [
        pieces.bench_facing(-4.3, 11.8, (1.0, 0.0)),
        pieces.bench_facing(-3.9, 24.0, (1.0, 0.0)),
        pieces.bench_facing(4.1, 20.5, (-1.0, 0.0)),
        pieces.cabinet(5.6, 11.6, (-1.0, 0.0), (1.4, 2.2, 2.3)),
        pieces.fountain(9.5, 33.0, 2.6),
        Piece(furniture.lamp(), Pose(3.4, 16.0, (-1.0, 0.0))),
        Piece(furniture.lamp(), Pose(-3.4, 33.0)),
        Piece(furniture.tree(rng, 3.3, 1.5), Pose(-9.0, 24.5)),
        Piece(furniture.tree(rng, 3.4, 1.6), Pose(-8.0, 40.0)),
        Piece(furniture.tree(rng, 3.4, 1.6), Pose(6.5, 44.0)),
        Piece(furniture.litter_bin(), Pose(3.6, 18.9)),
    ]


SQUARE = Place(
    view=View(height_m=4.5, tilt_deg=13.0, focal_px=300.0),
    surfaces=_surfaces,
    furniture=_furniture,
    walls=(Wall(_BACK_WALL, lambda x, z: z > _BACK_Z),),
    lanes=(
        Lane(((1.6, 3.0), (1.6, 59.5), (9.0, 61.0)), 0.6),
        Lane(((-9.0, 61.0), (-1.6, 59.5), (-1.6, 3.0)), 0.6),
        Lane(((-9.8, 14.2), (9.8, 14.2)), 0.5),
        Lane(((11.0, 16.8), (-11.0, 16.8)), 0.5),
        Lane(((24.0, 36.0), (-5.0, 10.4), (-8.5, 6.0)), 0.5),
    ),
    spots=(
        Spot(-4.25, 11.35, (1.0, 0.0), (1, 2), seat=True),
        Spot(-4.25, 12.25, (1.0, 0.0), (1, 2), seat=True),
        Spot(-3.85, 23.6, (1.0, 0.0), (1,), seat=True),
        Spot(-3.85, 24.4, (1.0, 0.0), (1,), seat=True),
        Spot(4.05, 20.5, (-1.0, 0.0), (0,), seat=True),
        Spot(4.3, 11.6, (1.0, 0.0), (0, 2)),
        Spot(0.0, 21.0, (0.0, -1.0), (0, 1)),
        Spot(6.4, 31.6, (0.9, 0.4), (0, 4)),
        Spot(-2.9, 15.4, (1.0, 0.0), (1, 3)),
    ),
    forbidden=((-16.0, 27.5), (-13.0, 26.0), (-4.6, 21.0), (-1.4, 18.0), (-1.4, 3.0)),
    lonely=(3.3, 8.6),
    item=pieces.board(),
    item_at=(0.0, 10.3),
    drop_at=(3.0, 10.0),
    people_per_min=14.0,
)
