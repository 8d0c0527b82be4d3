"""Makes people: their look, their gait, and the shapes of their body at one moment.

The body is that of an adult of 1.75 m. `Pose.size` scales it down for children.
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
    """The look of a person. All greys are from 0 to 255.

    Attributes:
        upper: Grey of the jacket or shirt.
        lower: Grey of the trousers or skirt.
        skin: Grey of face and hands.
        hair: Grey of the hair.
        shoe: Grey of the shoes.
        skirt: Whether the lower part is a skirt or long coat.
        carries: What the person carries: `NOTHING`, `BAG` or `RUCKSACK`.
        bag: Grey of the bag or rucksack.
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
    """How a person moves. All angles are in radians.

    Attributes:
        speed: Speed in metres per second at which the angles below are reached. At a lower speed
            they are smaller.
        stride_m: Length of a left and a right step together in metres.
        hip_swing: Largest angle of the thigh from the vertical.
        knee_bend: Bend of the knee while the leg swings forward.
        arm_swing: Largest angle of the upper arm from the vertical.
        elbow_bend: Bend of the elbow, which is constant.
        lean: Forward angle of the trunk.
        bounce_m: How far the body rises above the ground in metres.
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
    """The movement along a route at one moment.

    Attributes:
        distance_m: Distance covered since the start of the route in metres.
        speed: Current speed in metres per second.
        time_sec: Time since the clip began in seconds.
    """

    distance_m: float
    speed: float
    time_sec: float


def random_look(rng: np.random.Generator) -> Look:
    """Returns a random look, with dark, medium or light clothes."""
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
    """Returns the gait of a person who walks at `speed` metres per second.

    The stride grows with the speed. The swing of the thigh is chosen so that a foot on the ground
    does not slide.
    """
    stride = 0.75 + 0.5 * speed
    swing = math.asin(stride / (4.0 * (_THIGH_M + _SHANK_M)))
    return Gait(speed, stride, swing, 0.85, 0.9 * swing, 0.25, 0.05, 0.0)


def running(speed: float) -> Gait:
    """Returns the gait of a person who runs at `speed` metres per second."""
    return Gait(speed, 0.9 + 0.42 * speed, 0.72, 1.9, 0.95, 1.5, 0.22, 0.07)


def person_shapes(
    look: Look, gait: Gait, motion: Motion, stoop: float = 0.0, holds: bool = True
) -> list[Shape]:
    """Returns the shapes of a person's body at one moment.

    Args:
        look: Their look.
        gait: Their gait.
        motion: Their movement at this moment.
        stoop: How far they bend down: 0 is upright; at 1, a hand reaches the ground.
        holds: Whether they hold what they carry.

    Returns:
        The shapes. Height 0 is the ground under the feet.
    """
    phase = 2.0 * math.pi * motion.distance_m / gait.stride_m
    effort = min(motion.speed / gait.speed, 1.0)
    left = _leg(gait, phase, effort, stoop)
    right = _leg(gait, phase + math.pi, effort, stoop)
    lift = _SOLE_M - min(point[1] for point in left + right)
    lift += gait.bounce_m * effort * abs(math.sin(phase))
    shapes = leg_shapes(look, left, right, lift)
    lean = gait.lean * effort + 1.0 * stoop
    neck = (_TRUNK_M * math.sin(lean), lift + _TRUNK_M * math.cos(lean))
    shapes += trunk((0.0, lift), neck, look) + head(neck, look)
    if look.skirt:
        shapes.append(_skirt(left, right, lift, look))
    idle = 0.12 * math.sin(1.7 * motion.time_sec) * (1.0 - effort)
    for side, turn in ((0.21, 0.0), (-0.21, math.pi)):
        angle = -gait.arm_swing * effort * math.sin(phase + turn) + idle * (1.0 - stoop)
        hand = add_arm(
            shapes, look, (neck[0], side, neck[1] - 0.06), angle, gait.elbow_bend * effort
        )
        if side < 0.0 and look.carries == BAG and holds:
            shapes.append(bag_shape(look.bag, (hand[0], hand[1], max(hand[2] - 0.46, 0.0))))
    if look.carries == RUCKSACK and holds:
        shapes.append(_rucksack((0.0, lift), neck, look))
    return shapes


def bag_shape(grey: float, bottom: Point = (0.0, 0.0, 0.0)) -> Shape:
    """Returns a travelling bag. The middle of its underside is at the point `bottom`."""
    ahead, side, up = bottom
    outline = [(-0.17, 0.06), (0.17, 0.06), (0.14, 0.27), (-0.14, 0.27)]
    return Shape([(ahead + f, side, up + h) for f, h in outline], 0.06, grey, filled=True)


def trunk(hip: tuple[float, float], neck: tuple[float, float], look: Look) -> list[Shape]:
    """Returns the trunk between hip and neck, whose positions are (forward, up) in metres."""
    ahead, up = neck[0] - 0.06 * (neck[0] - hip[0]), neck[1] - 0.07
    shirt = [(ahead, 0.15, up), (ahead, -0.15, up), (hip[0], -0.09, hip[1]), (hip[0], 0.09, hip[1])]
    return [Shape(shirt, 0.1, look.upper, filled=True)]


def head(neck: tuple[float, float], look: Look) -> list[Shape]:
    """Returns the neck, the face and the hair, above the point `neck` (forward, up) in metres."""
    ahead, up = neck
    return [
        Shape([(ahead, 0.0, up), (ahead + 0.02, 0.0, up + 0.1)], 0.05, look.skin * 0.85, flat=True),
        Shape([(ahead - 0.015, 0.0, up + 0.185)], 0.115, look.hair),
        # Slightly above the hair, so that it is drawn in front of the hair in a side view.
        Shape([(ahead + 0.055, 0.0, up + 0.19)], 0.088, look.skin, flat=True),
    ]


def _leg(gait: Gait, phase: float, effort: float, stoop: float) -> list[tuple[float, float]]:
    """Returns hip, knee, ankle and toe, relative to the hip: (forward, up) in metres."""
    hip = math.asin(math.sin(gait.hip_swing * effort) * _reach(phase)) + 0.7 * stoop
    swing = max(math.cos(phase + 0.5), 0.0) ** 2  # the knee bends while the leg comes forward
    shin = hip - 0.06 - gait.knee_bend * effort * swing - 1.3 * stoop
    knee = (_THIGH_M * math.sin(hip), -_THIGH_M * math.cos(hip))
    ankle = (knee[0] + _SHANK_M * math.sin(shin), knee[1] - _SHANK_M * math.cos(shin))
    pitch = min(shin, 0.0) + 0.5 * stoop
    toe = (ankle[0] + 0.16 * math.cos(pitch), ankle[1] + 0.16 * math.sin(pitch))
    return [(0.0, 0.0), knee, ankle, toe]


def _reach(phase: float) -> float:
    """Returns how far a foot is ahead of the hip, as a share of half a step: -1 to 1.

    While the foot is on the ground, it falls linearly as the body moves ahead; in the air, the foot
    swings forward again.
    """
    turn = (phase / (2.0 * math.pi) - 0.25) % 1.0
    if turn < 0.5:
        return 1.0 - 4.0 * turn
    return -math.cos(2.0 * math.pi * (turn - 0.5))


def leg_shapes(
    look: Look, left: list[tuple[float, float]], right: list[tuple[float, float]], lift: float
) -> list[Shape]:
    """Returns the shapes of both legs.

    Args:
        look: The look of the person.
        left: Hip, knee, ankle and toe of the left leg, relative to the hip: (forward, up) in
            metres.
        right: Those of the right leg.
        lift: Height of the hip above the ground in metres.
    """
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


def add_arm(shapes: list[Shape], look: Look, shoulder: Point, angle: float, bend: float) -> Point:
    """Appends an arm to the shapes, and returns the position of its hand."""
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
