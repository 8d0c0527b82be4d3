"""What a place consists of: its camera, its walls and furniture, and where people go in it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from abnormal.datasets.life.canvas import Canvas
from abnormal.datasets.life.view import View
from abnormal.datasets.street.furniture import Piece
from abnormal.datasets.street.shapes import Shape

Point = tuple[float, float]
"""x and z in metres."""


@dataclass(frozen=True)
class Lane:
    """A way on which people walk in one direction.

    Attributes:
        points: Its corners, from where people come to where they go; both ends are out of sight.
        spread_m: How far people keep to the left or right of it, at most.
    """

    points: tuple[Point, ...]
    spread_m: float

    @property
    def backwards(self) -> "Lane":
        """The same way in the other direction."""
        return Lane(self.points[::-1], self.spread_m)


@dataclass(frozen=True)
class Spot:
    """Where people stay for a while.

    Attributes:
        x: Metres to the right of the camera.
        z: Metres away from it.
        facing: Unit vector (x, z) of the direction in which people look there.
        lanes: Numbers of the lanes from which people come here.
        seat: Whether people sit.
    """

    x: float
    z: float
    facing: Point
    lanes: tuple[int, ...]
    seat: bool = False


@dataclass(frozen=True)
class Wall:
    """A wall that hides who is behind it, except where there is an opening.

    Attributes:
        surface: Number of the surface of the canvas.
        hides: Tells whether somebody at (x, z) is behind it.
    """

    surface: int
    hides: Callable[[float, float], bool]


@dataclass(frozen=True)
class Road:
    """A road with one lane in each direction, and a crossing.

    Attributes:
        lanes: z and direction of each lane: 1 for driving to the right, -1 to the left.
        half_length_m: Cars come and go this far to the left and right of the camera.
        crossing: Smallest and largest x of the crossing in metres.
        kerbs: z of the near and the far kerb.
        ways: The lanes, each by its number, between which people cross: near and far.
        bus_stop: x at which buses stop in the lane to the left, and z at which people wait.
    """

    lanes: tuple[tuple[float, float], ...]
    half_length_m: float
    crossing: tuple[float, float]
    kerbs: tuple[float, float]
    ways: tuple[tuple[int, ...], tuple[int, ...]]
    bus_stop: Point


@dataclass(frozen=True)
class Place:
    """A place that can be drawn.

    Attributes:
        view: The camera.
        surfaces: Paints the ground and the walls.
        furniture: Makes what stands still.
        walls: Walls that hide people.
        lanes: The ways of people, which nobody takes in the other direction.
        spots: Where people sit, wait or meet.
        forbidden: A way from lane to lane over ground on which nobody walks. The part between its
            second corner and the last but one is on that ground.
        lonely: Where nobody ever stands.
        item: Shapes of the thing that always stands there, and that may be taken away.
        item_at: Where it stands, near the first lane.
        drop_at: Where something may be left behind, near the first lane.
        people_per_min: How many people come in a busy minute.
        outdoors: Whether the sun casts shadows.
        road: The road; None if there is none.
    """

    view: View
    surfaces: Callable[[Canvas], None]
    furniture: Callable[[np.random.Generator], list[Piece]]
    lanes: tuple[Lane, ...]
    spots: tuple[Spot, ...]
    forbidden: tuple[Point, ...]
    lonely: Point
    item: tuple[Shape, ...]
    item_at: Point
    drop_at: Point
    people_per_min: float
    walls: tuple[Wall, ...] = ()
    outdoors: bool = True
    road: Road | None = None
