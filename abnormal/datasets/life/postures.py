"""Makes people who do something else than walk: sit, fall, fight, roll, or handle a thing."""

import functools
import math
from collections.abc import Sequence

from abnormal.datasets.street import people, vehicles
from abnormal.datasets.street.people import Gait, Look, Motion
from abnormal.datasets.street.shapes import Shape

_SIT_SEC = 0.9  # duration of sitting down, and of getting up
_FALL_SEC = 0.7
_GET_UP_SEC = 2.5
_STOOP_SEC = 0.8  # duration of bending down from upright to the ground
_SEAT_ANGLE = 1.45  # of the thigh from the vertical, in radians
_THIGH_M, _SHANK_M, _SOLE_M, _TRUNK_M = 0.43, 0.43, 0.05, 0.52

Limb = tuple[float, float]
"""Angle of thigh or upper arm from the vertical, forward, and bend of knee or elbow, in radians."""


def figure(
    look: Look,
    legs: tuple[Limb, Limb],
    arms: tuple[Limb, Limb],
    lean: float = 0.0,
    floor_m: float = 0.0,
) -> list[Shape]:
    """Returns the shapes of a person in any posture.

    Args:
        look: Their look.
        legs: The left and the right leg.
        arms: The left and the right arm.
        lean: Forward angle of the trunk in radians.
        floor_m: Height above the ground at which the lower foot stands.
    """
    left, right = (_leg(*leg) for leg in legs)
    lift = floor_m + _SOLE_M - min(up for _, up in left + right)
    neck = (_TRUNK_M * math.sin(lean), lift + _TRUNK_M * math.cos(lean))
    shapes = people.leg_shapes(look, left, right, lift)
    shapes += people.trunk((0.0, lift), neck, look) + people.head(neck, look)
    for side, (angle, bend) in zip((0.21, -0.21), arms, strict=True):
        people.add_arm(shapes, look, (neck[0], side, neck[1] - 0.06), angle, bend)
    return shapes


def sitting(look: Look, gait: Gait, from_sec: float, to_sec: float, motion: Motion) -> list[Shape]:
    """Returns somebody who walks, sits from one time to another, and walks on."""
    share = _ramp(motion.time_sec, from_sec, to_sec, _SIT_SEC)
    if share <= 0.0:
        return people.person_shapes(trousers(look), gait, motion)
    thigh = _SEAT_ANGLE * share
    fidget = 0.1 * math.sin(0.23 * motion.time_sec)
    legs = ((thigh, thigh + 0.1 * share), (thigh, thigh - (0.1 - fidget) * share))
    rest = (0.5 * share + fidget, 0.7 * share)
    lean = 0.5 * math.sin(math.pi * share) - 0.1 * share
    body = figure(trousers(look), legs, (rest, rest), lean)
    return moved(body, ahead=-_THIGH_M * math.sin(thigh))  # the feet stay where they are


def falling(look: Look, gait: Gait, from_sec: float, to_sec: float, motion: Motion) -> list[Shape]:
    """Returns somebody who walks, falls forward, lies, gets up and walks on."""
    walking = people.person_shapes(look, gait, motion)
    if motion.time_sec <= from_sec or motion.time_sec >= to_sec:
        return walking
    down = min((motion.time_sec - from_sec) / _FALL_SEC, 1.0) ** 2
    up = min((to_sec - motion.time_sec) / _GET_UP_SEC, 1.0)
    angle = 0.5 * math.pi * down * _smooth(up)
    return _tilted(walking, angle)


def fighting(look: Look, gait: Gait, from_sec: float, to_sec: float, motion: Motion) -> list[Shape]:
    """Returns somebody who walks, beats and kicks from one time to another, and walks on."""
    if not from_sec <= motion.time_sec < to_sec:
        return people.person_shapes(look, gait, motion)
    turn = 2.0 * math.pi * 1.9 * (motion.time_sec - from_sec)
    left = (0.7 + 1.0 * math.sin(turn), 1.3 - 1.1 * math.sin(turn))
    right = (0.7 - 1.1 * math.sin(1.3 * turn), 1.3 + 1.1 * math.sin(1.3 * turn))
    kick = max(math.sin(0.4 * turn), 0.0) ** 4
    legs = ((0.35 + 0.9 * kick, 0.4 - 0.3 * kick), (-0.3, 0.25))
    return figure(trousers(look), legs, (left, right), lean=0.2 + 0.15 * math.sin(0.7 * turn))


def handling(
    look: Look, gait: Gait, thing: Sequence[Shape], held_sec: tuple[float, float], motion: Motion
) -> list[Shape]:
    """Returns somebody who carries a thing in front of them, from one time to another.

    Args:
        look: Their look.
        gait: Their gait.
        thing: The thing, as it stands on the ground.
        held_sec: When it is lifted and when it is put down; both may be infinite.
        motion: Their movement at this moment.
    """
    since, until = held_sec
    now = motion.time_sec
    near = min(abs(now - since), abs(now - until))
    stoop = _smooth(max(1.0 - near / _STOOP_SEC, 0.0))
    shapes = people.person_shapes(without_luggage(look), gait, motion, stoop)
    if not since <= now < until:
        return shapes
    up = 0.75 * (1.0 - stoop)
    hands = [(0.38, side, up + 0.2) for side in (0.18, -0.18)]
    arms = [Shape([(0.3 * stoop, h[1], 1.3 - 0.5 * stoop), h], 0.055, look.upper) for h in hands]
    return shapes + arms + moved(thing, ahead=0.45, up=up)


def skating(look: Look, motion: Motion) -> list[Shape]:
    """Returns somebody who stands on a skateboard and pushes it now and then."""
    push = max(math.sin(1.1 * motion.time_sec), 0.0) ** 6
    legs = ((0.3, 0.35), (-0.3 - 0.4 * push, 0.2 + 0.3 * push))
    arms = ((0.5, 0.3), (-0.45, 0.3))
    board = [(-0.42, 0.0, 0.11), (0.42, 0.0, 0.11)]
    wheels = [Shape([(ahead, 0.0, 0.04)], 0.05, 30.0, flat=True) for ahead in (-0.28, 0.28)]
    rider = figure(trousers(look), legs, arms, lean=0.25, floor_m=0.13)
    return [*wheels, Shape(board, 0.035, 40.0, flat=True), *rider]


def wheelchair(look: Look, motion: Motion) -> list[Shape]:
    """Returns somebody in a wheelchair, whose arms turn its wheels."""
    turn = 2.0 * math.pi * 0.5 * motion.time_sec
    push = (0.1 + 0.4 * math.sin(turn), 0.6)
    shapes = figure(trousers(look), ((1.45, 1.1), (1.45, 1.1)), (push, push), floor_m=0.12)
    for side in (0.3, -0.3):
        hub = (-0.02, side, 0.31)
        angle = motion.distance_m / 0.31
        spokes = [[vehicles.rim_point(hub, r, angle + a) for r in (0.3, -0.3)] for a in (0.0, 1.5)]
        shapes += [Shape(spoke, 0.012, 150.0, flat=True) for spoke in spokes]
        rim = vehicles.circle(hub, 0.31, 14)
        shapes.append(Shape([*rim, rim[0]], 0.03, 30.0, flat=True))
        shapes.append(Shape([(0.45, side * 0.7, 0.09)], 0.08, 35.0, flat=True))
    back = [(-0.2, 0.24, 0.55), (-0.24, 0.24, 1.05), (-0.24, -0.24, 1.05), (-0.2, -0.24, 0.55)]
    return [*shapes, Shape(back, 0.02, 45.0, filled=True, flat=True)]


def moved(
    shapes: Sequence[Shape], ahead: float = 0.0, side: float = 0.0, up: float = 0.0
) -> list[Shape]:
    """Returns shapes moved by some metres."""
    return [
        shape._replace(points=[(f + ahead, s + side, h + up) for f, s, h in shape.points])
        for shape in shapes
    ]


def without_luggage(look: Look) -> Look:
    """Returns a look with empty hands and without a rucksack."""
    return Look(**{**vars(look), "carries": people.NOTHING})


def trousers(look: Look) -> Look:
    """Returns a look with trousers, whose legs are visible in every posture."""
    return Look(**{**vars(look), "skirt": False, "carries": people.NOTHING})


def _leg(thigh: float, bend: float) -> list[tuple[float, float]]:
    """Returns hip, knee, ankle and toe, relative to the hip: (forward, up) in metres."""
    shank = thigh - bend
    knee = (_THIGH_M * math.sin(thigh), -_THIGH_M * math.cos(thigh))
    ankle = (knee[0] + _SHANK_M * math.sin(shank), knee[1] - _SHANK_M * math.cos(shank))
    return [(0.0, 0.0), knee, ankle, (ankle[0] + 0.16, ankle[1])]


def _tilted(shapes: Sequence[Shape], angle: float) -> list[Shape]:
    """Returns a body tilted forward about its feet: at a right angle it lies on the ground."""
    sine, cosine = math.sin(angle), math.cos(angle)
    tilt = functools.partial(_tilt, sine, cosine)
    return [shape._replace(points=[tilt(*point) for point in shape.points]) for shape in shapes]


def _tilt(
    sine: float, cosine: float, ahead: float, side: float, up: float
) -> tuple[float, float, float]:
    return ahead * cosine + up * sine, side, up * cosine + (0.14 - 0.6 * ahead) * sine


def _ramp(now: float, since: float, until: float, sec: float) -> float:
    """Returns a share that rises from 0 to 1 after `since` and falls to 0 before `until`."""
    return _smooth(max(min((now - since) / sec, (until - now) / sec, 1.0), 0.0))


def _smooth(share: float) -> float:
    return share * share * (3.0 - 2.0 * share)
