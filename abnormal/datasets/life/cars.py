"""Makes cars and buses: their shapes at one moment."""

import math

from abnormal.datasets.street import vehicles
from abnormal.datasets.street.people import Motion
from abnormal.datasets.street.shapes import Point, Shape

CAR_M, BUS_M = 4.3, 9.5
"""Lengths."""

_HALF_WIDTH_M = 0.86
_WHEEL_M = 0.31
_GLASS = 48.0
_BUS_HALF_WIDTH_M = 1.2


def car_shapes(grey: float, roof_m: float, motion: Motion) -> list[Shape]:
    """Returns the shapes of a car.

    Args:
        grey: Grey of its paint, 0 to 255.
        roof_m: Height of the roof: 1.4 for a saloon, 1.9 for a van.
        motion: The movement at this moment, which turns the wheels.
    """
    end, side = CAR_M / 2.0, _HALF_WIDTH_M
    rear_top, front_top = (-1.55, 0.35) if roof_m < 1.6 else (-2.05, 0.9)
    shapes = vehicles.box((-end, end), (-side, side), (0.28, 0.82), grey)
    inner = side - 0.12
    profile = [(-end + 0.1, 0.82), (rear_top, roof_m), (front_top, roof_m), (1.25, 0.82)]
    for s in (-inner, inner):
        pane = [(f, s, h) for f, h in profile]
        shapes.append(Shape(pane, 0.0, grey * 0.8, filled=True, flat=True))
        shapes.append(_window(profile, s * 1.01))
    for (f0, h0), (f1, h1), light in zip(profile[:-1], profile[1:], (0, 1, 0), strict=True):
        plane = [(f0, -inner, h0), (f0, inner, h0), (f1, inner, h1), (f1, -inner, h1)]
        tone = min(grey * 1.05, 240.0) if light else _GLASS + 22.0
        shapes.append(Shape(plane, 0.0, tone, filled=True, flat=True))
    for ahead in (-1.3, 1.35):
        for s in (-side - 0.02, side + 0.02):
            shapes += _wheel(ahead, s, motion.distance_m)
    lamps = [Shape([(end + 0.02, s, 0.62)], 0.09, 235.0, flat=True) for s in (-0.65, 0.65)]
    return shapes + lamps


def bus_shapes(grey: float, motion: Motion) -> list[Shape]:
    """Returns the shapes of a bus; see `car_shapes`."""
    end, side = BUS_M / 2.0, _BUS_HALF_WIDTH_M
    shapes = vehicles.box((-end, end), (-side, side), (0.35, 3.0), grey)
    for s in (-side - 0.02, side + 0.02):
        for pane in range(6):
            f = -end + 0.5 + 1.45 * pane
            corners: list[Point] = [(f, s, 1.35), (f + 1.25, s, 1.35), (f + 1.25, s, 2.5)]
            corners.append((f, s, 2.5))
            shapes.append(Shape(corners, 0.0, _GLASS, filled=True, flat=True))
        for ahead in (-2.9, 3.0):
            shapes += _wheel(ahead, s, motion.distance_m, 0.46)
    for f in (-end - 0.02, end + 0.02):
        front = [(f, -1.05, 1.2), (f, 1.05, 1.2), (f, 1.05, 2.6), (f, -1.05, 2.6)]
        shapes.append(Shape(front, 0.0, _GLASS + 10.0, filled=True, flat=True))
    return shapes


def _window(profile: list[tuple[float, float]], side: float) -> Shape:
    """Returns the windows in one side of a cabin: its outline, drawn in a little."""
    middle = (
        sum(f for f, _ in profile) / len(profile),
        sum(h for _, h in profile) / len(profile),
    )
    inner = [
        (m + 0.8 * (f - m), side, n + 0.72 * (h - n)) for (f, h) in profile for m, n in [middle]
    ]
    return Shape(inner, 0.0, _GLASS, filled=True, flat=True)


def _wheel(ahead: float, side: float, gone_m: float, radius: float = _WHEEL_M) -> list[Shape]:
    hub = (ahead, side, radius)
    outside = (ahead, side + math.copysign(0.02, side), radius)
    turn = gone_m / radius
    mark = [vehicles.rim_point(outside, r, turn) for r in (0.55 * radius, -0.55 * radius)]
    return [
        Shape(vehicles.circle(hub, radius, 12), 0.0, 28.0, filled=True, flat=True),
        Shape([outside], 0.5 * radius, 150.0, flat=True),
        Shape(mark, 0.03, 70.0, flat=True),
    ]
