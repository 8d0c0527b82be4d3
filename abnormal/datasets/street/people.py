"""A person: what they wear, how they move, and the shapes of their body at one moment.

The body is that of an adult of 1.75 m; `Place.size` makes children of it.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from abnormal.datasets.street.shapes import Point, Shape

_THIGH_M = 0.43
_SHANK_M = 0.43
_SOLE_M = 0.05
_TRUNK_M = 0.52
_UPPER_ARM_M = 0.29
_FOREARM_M = 0.27

NOTHING, BAG, RUCKSACK = "", "bag", "rucksack"


@dataclass(frozen=True)
class Look:
    """What a person wears; greys from 0 to 255.

    Attributes:
        upper: Jacket or shirt.
        lower: Trousers or skirt.
        skin: Face and hands.
        hair: Hair.
        shoe: Shoes.
        skirt: Whether the lower part is a skirt or long coat.
        carries: `NOTHING`, `BAG` or `RUCKSACK`.
        bag: Grey of what is carried.
    """

    upper: float
    lower: float
    skin: float
    hair: float
    shoe: float
    skirt: bool
    carries: str
    bag: float


@dataclass(frozen=True)
class Gait:
    """How somebody moves; angles in radians.

    Attributes:
        speed: Metres a second at which it is done in full; slower, all swings shrink.
        stride_m: Metres for a left and a right step together.
        hip_swing: The thigh's angle from the upright, at most.
        knee_bend: The knee's bend when the leg swings forward.
        arm_swing: The upper arm's angle, at most.
        elbow_bend: The elbow's constant bend.
        lean: The trunk's angle forward.
        bounce_m: How far the body leaves the ground.
    """

    speed: float
    stride_m: float
    hip_swing: float
    knee_bend: float
    arm_swing: float
    elbow_bend: float
    lean: float
    bounce_m: float


class Motion(NamedTuple):
    """What somebody's route says about one moment.

    Attributes:
        distance_m: Metres gone since the route began.
        speed: Metres a second now.
        time_sec: Seconds since the clip began.
    """

    distance_m: float
    speed: float
    time_sec: float


def random_look(rng: np.random.Generator) -> Look:
    """Dress somebody: dark, middle and light clothes, as they come."""
    lower = rng.choice([30.0, 50.0, 75.0, 115.0, 200.0], p=[0.3, 0.25, 0.2, 0.15, 0.1])
    return Look(
        upper=float(rng.choice([30, 60, 95, 130, 205, 240]) + rng.uniform(-12, 12)),
        lower=float(lower + rng.uniform(-12, 12)),
        skin=float(rng.uniform(125, 200)),
        hair=float(rng.choice([25, 45, 85, 150]) + rng.uniform(-10, 10)),
        shoe=float(rng.choice([25, 40, 220])),
        skirt=bool(rng.random() < 0.2),
        carries=str(rng.choice([NOTHING, BAG, RUCKSACK], p=[0.6, 0.2, 0.2])),
        bag=float(rng.choice([25, 50, 90, 215])),
    )


def walking(speed: float) -> Gait:
    """Give the gait of somebody who walks at `speed` metres a second.

    The stride grows with the speed; the thigh's swing follows from it, so that a foot on the
    ground stays where it is.
    """
    stride = 0.75 + 0.5 * speed
    swing = math.asin(stride / (4.0 * (_THIGH_M + _SHANK_M)))
    return Gait(speed, stride, swing, 0.85, 0.9 * swing, 0.25, 0.05, 0.0)


def running(speed: float) -> Gait:
    """Give the gait of somebody who runs at `speed` metres a second: wide, bent, off the ground."""
    return Gait(speed, 0.9 + 0.42 * speed, 0.72, 1.9, 0.95, 1.5, 0.22, 0.07)


def person_shapes(
    look: Look, gait: Gait, motion: Motion, stoop: float = 0.0, holds: bool = True
) -> list[Shape]:
    """Give a person's body at one moment.

    Args:
        look: What they wear.
        gait: How they move.
        motion: Where in their movement they are.
        stoop: 0 upright to 1 bent down so far that a hand reaches the ground.
        holds: Whether they (still) have what they carry.

    Returns:
        The shapes, to be placed with the feet on the ground.
    """
    phase = 2.0 * math.pi * motion.distance_m / gait.stride_m
    effort = min(motion.speed / gait.speed, 1.0)
    left = _leg(gait, phase, effort, stoop)
    right = _leg(gait, phase + math.pi, effort, stoop)
    lift = _SOLE_M - min(point[1] for point in left + right)
    lift += gait.bounce_m * effort * abs(math.sin(phase))
    shapes = _legs(look, left, right, lift)
    lean = gait.lean * effort + 1.0 * stoop
    neck = (_TRUNK_M * math.sin(lean), lift + _TRUNK_M * math.cos(lean))
    shapes += trunk((0.0, lift), neck, look) + head(neck, look)
    if look.skirt:
        shapes.append(_skirt(left, right, lift, look))
    idle = 0.12 * math.sin(1.7 * motion.time_sec) * (1.0 - effort)
    for side, turn in ((0.21, 0.0), (-0.21, math.pi)):
        angle = -gait.arm_swing * effort * math.sin(phase + turn) + idle * (1.0 - stoop)
        hand = _arm(shapes, look, (neck[0], side, neck[1] - 0.06), angle, gait.elbow_bend * effort)
        if side < 0.0 and look.carries == BAG and holds:
            shapes.append(bag_shape(look.bag, (hand[0], hand[1], max(hand[2] - 0.46, 0.0))))
    if look.carries == RUCKSACK and holds:
        shapes.append(_rucksack((0.0, lift), neck, look))
    return shapes


def bag_shape(grey: float, bottom: Point = (0.0, 0.0, 0.0)) -> Shape:
    """Give a travelling bag whose middle stands on, or hangs over, the point `bottom`."""
    ahead, side, up = bottom
    outline = [(-0.17, 0.06), (0.17, 0.06), (0.14, 0.27), (-0.14, 0.27)]
    return Shape([(ahead + f, side, up + h) for f, h in outline], 0.06, grey, filled=True)


def trunk(hip: tuple[float, float], neck: tuple[float, float], look: Look) -> list[Shape]:
    """Give the trunk between the hip and the neck, each forward and up in metres."""
    ahead, up = neck[0] - 0.06 * (neck[0] - hip[0]), neck[1] - 0.07
    shirt = [(ahead, 0.15, up), (ahead, -0.15, up), (hip[0], -0.09, hip[1]), (hip[0], 0.09, hip[1])]
    return [Shape(shirt, 0.1, look.upper, filled=True)]


def head(neck: tuple[float, float], look: Look) -> list[Shape]:
    """Give the neck, the face and, behind it, the hair, above `neck` (forward, up)."""
    ahead, up = neck
    return [
        Shape([(ahead, 0.0, up), (ahead + 0.02, 0.0, up + 0.1)], 0.05, look.skin * 0.85, flat=True),
        Shape([(ahead - 0.015, 0.0, up + 0.185)], 0.115, look.hair),
        # A little higher than the hair, so that from the side it counts as nearer.
        Shape([(ahead + 0.055, 0.0, up + 0.19)], 0.088, look.skin, flat=True),
    ]


def _leg(gait: Gait, phase: float, effort: float, stoop: float) -> list[tuple[float, float]]:
    """Hip, knee, ankle and toe, forward and up from the hip, in metres."""
    hip = math.asin(math.sin(gait.hip_swing * effort) * _reach(phase)) + 0.7 * stoop
    swing = max(math.cos(phase + 0.5), 0.0) ** 2  # the knee bends while the leg comes forward
    shin = hip - 0.06 - gait.knee_bend * effort * swing - 1.3 * stoop
    knee = (_THIGH_M * math.sin(hip), -_THIGH_M * math.cos(hip))
    ankle = (knee[0] + _SHANK_M * math.sin(shin), knee[1] - _SHANK_M * math.cos(shin))
    pitch = min(shin, 0.0) + 0.5 * stoop
    toe = (ankle[0] + 0.16 * math.cos(pitch), ankle[1] + 0.16 * math.sin(pitch))
    return [(0.0, 0.0), knee, ankle, toe]


def _reach(phase: float) -> float:
    """Give how far ahead of the hip a foot is, as a share of half a step: -1 to 1.

    On the ground it falls evenly, as the body moves over it; in the air it swings back.
    """
    turn = (phase / (2.0 * math.pi) - 0.25) % 1.0
    if turn < 0.5:
        return 1.0 - 4.0 * turn
    return -math.cos(2.0 * math.pi * (turn - 0.5))


def _legs(
    look: Look, left: list[tuple[float, float]], right: list[tuple[float, float]], lift: float
) -> list[Shape]:
    shapes = []
    for side, leg in ((0.09, left), (-0.09, right)):
        hip, knee, ankle, toe = [(f, side, h + lift) for f, h in leg]
        shapes.append(Shape([ankle, toe], 0.05, look.shoe, flat=True))
        if look.skirt:
            shapes.append(Shape([knee, ankle], 0.055, look.skin))
        else:
            shapes.append(Shape([hip, knee, ankle], 0.074, look.lower))
    return shapes


def _skirt(
    left: list[tuple[float, float]], right: list[tuple[float, float]], lift: float, look: Look
) -> Shape:
    hems = sorted([left[1], right[1]])
    back, front = (hems[0][0] - 0.04, hems[0][1] + lift), (hems[1][0] + 0.04, hems[1][1] + lift)
    outline: list[Point] = [(0.0, -0.1, lift), (0.0, 0.1, lift)]
    outline += [(front[0], 0.1, front[1]), (front[0], -0.1, front[1])]
    outline += [(back[0], -0.1, back[1]), (back[0], 0.1, back[1])]
    return Shape(outline, 0.06, look.lower, filled=True)


def _arm(shapes: list[Shape], look: Look, shoulder: Point, angle: float, bend: float) -> Point:
    """Append an arm to the shapes and give its hand."""
    ahead, side, up = shoulder
    elbow = (ahead + _UPPER_ARM_M * math.sin(angle), side, up - _UPPER_ARM_M * math.cos(angle))
    lower = angle + bend
    hand = (elbow[0] + _FOREARM_M * math.sin(lower), side, elbow[2] - _FOREARM_M * math.cos(lower))
    shapes.append(Shape([hand], 0.05, look.skin, flat=True))
    shapes.append(Shape([shoulder, elbow, hand], 0.052, look.upper * 0.92))
    return hand


def _rucksack(hip: tuple[float, float], neck: tuple[float, float], look: Look) -> Shape:
    low = (hip[0] - 0.17, 0.0, hip[1] + 0.12)
    high = (neck[0] - 0.17, 0.0, neck[1] - 0.12)
    return Shape([low, high], 0.12, look.bag)
