"""A street with a road: pavements on both sides, a crossing, a bus stop and a bench."""

import numpy as np

from abnormal.datasets.life import pieces, textures
from abnormal.datasets.life.canvas import Canvas
from abnormal.datasets.life.place import Lane, Place, Road, Spot
from abnormal.datasets.life.view import View
from abnormal.datasets.street import furniture
from abnormal.datasets.street.furniture import Piece
from abnormal.datasets.street.shapes import Pose

_KERBS = (12.6, 19.4)
_CROSSING = (-3.0, -0.5)
_LAWN_Z = 8.4
_HOUSE_Z = 24.0
_TO_CAMERA = (0.0, -1.0)


def _surfaces(canvas: Canvas) -> None:
    pavement = textures.slabs(canvas, (0.9, 0.8), -8.0)
    road, lawn = textures.asphalt(canvas), textures.lawn(canvas)

    def ground(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        greys = pavement(x, z)
        on_road = (z > _KERBS[0]) & (z < _KERBS[1])
        greys = np.where(on_road, road(x, z), greys)
        dashes = (np.abs(z - 16.0) < 0.08) & (x % 3.0 < 1.5)
        stripes = (x > _CROSSING[0]) & (x < _CROSSING[1]) & (z % 1.0 < 0.5)
        greys = np.where(on_road & (dashes | stripes), 205.0, greys)
        kerb = (np.abs(z - _KERBS[0]) < 0.12) | (np.abs(z - _KERBS[1]) < 0.12)
        greys = np.where(kerb, 208.0, greys)
        return np.where(z < _LAWN_Z, lawn(x, z), greys)

    canvas.ground(ground)
    front = textures.facade(canvas, 135.0, door_x=-10.6)
    canvas.wall_across(_HOUSE_Z, (-60.0, 60.0), (0.0, 12.0), front)


def _furniture(rng: np.random.Generator) -> list[Piece]:
    return [
        pieces.bench_facing(3.8, 12.2, _TO_CAMERA),
        pieces.bench_facing(-6.2, 23.5, _TO_CAMERA),
        pieces.pole(8.0, 19.7, 2.6),
        Piece(furniture.litter_bin(), Pose(5.3, 12.1)),
        Piece(furniture.lamp(), Pose(-5.6, 12.2)),
        Piece(furniture.tree(rng, 2.9, 1.1), Pose(-10.2, 19.9)),
        Piece(furniture.tree(rng, 2.6, 1.0), Pose(6.4, 12.2)),
        Piece(furniture.bush(rng), Pose(-4.6, 7.6)),
        Piece(furniture.bush(rng), Pose(4.2, 7.5)),
    ]


STREET = Place(
    view=View(height_m=7.0, tilt_deg=25.0, focal_px=300.0),
    surfaces=_surfaces,
    furniture=_furniture,
    lanes=(
        Lane(((-9.0, 9.6), (9.0, 9.6)), 0.5),
        Lane(((9.5, 11.3), (-9.5, 11.3)), 0.4),
        Lane(((-14.0, 21.1), (14.0, 21.1)), 0.4),
        Lane(((14.5, 22.6), (-14.5, 22.6)), 0.4),
    ),
    spots=(
        Spot(3.4, 12.15, _TO_CAMERA, (1,), seat=True),
        Spot(4.3, 12.15, _TO_CAMERA, (1,), seat=True),
        Spot(-6.6, 23.45, _TO_CAMERA, (3,), seat=True),
        Spot(-5.7, 23.45, _TO_CAMERA, (3,), seat=True),
        Spot(-4.2, 8.8, (0.0, 1.0), (0,)),
        Spot(0.9, 12.2, (0.0, 1.0), (1,)),
        Spot(-1.8, 23.4, (0.0, 1.0), (3,)),
        Spot(3.0, 23.4, _TO_CAMERA, (2, 3)),
    ),
    forbidden=((9.5, 11.4), (5.2, 12.7), (2.0, 19.3), (-14.0, 21.3)),
    lonely=(1.6, 7.8),
    item=pieces.board(),
    item_at=(-2.2, 8.8),
    drop_at=(2.2, 10.5),
    people_per_min=14.0,
    road=Road(
        lanes=((14.4, 1.0), (17.6, -1.0)),
        half_length_m=18.0,
        crossing=_CROSSING,
        kerbs=_KERBS,
        ways=((0, 1), (2, 3)),
        bus_stop=(5.5, 20.0),
    ),
)
