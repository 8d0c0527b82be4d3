"""Makes a cyclist and a golf cart: their shapes at one moment."""

import math

from abnormal.datasets.street.people import Look, Motion, head, trunk
from abnormal.datasets.street.shapes import Point, Shape

_BICYCLE_WHEEL_M = 0.35
_BICYCLE_AXLES_M = (-0.52, 0.55)
_PEDAL_M = 0.17
_GEAR_M = 4.6  # distance covered in one turn of the pedals
_CRANK = (0.0, 0.30)
_SADDLE = (-0.22, 0.98)
_BAR = (0.40, 1.08)

_CART_WHEEL_M = 0.25
_CART_AXLES_M = (-0.82, 0.85)
_CART_HALF_WIDTH_M = 0.6


def cyclist_shapes(look: Look, grey: float, motion: Motion) -> list[Shape]:
    """Returns the shapes of a bicycle and its rider.

    Args:
        look: The look of the rider.
        grey: Grey of the bicycle's frame, 0 to 255.
        motion: The movement at this moment, which turns the wheels and the pedals.

    Returns:
        The shapes. Height 0 is the ground under the wheels.
    """
    shapes = []
    for axle in _BICYCLE_AXLES_M:
        shapes += _bicycle_wheel(axle, motion.distance_m / _BICYCLE_WHEEL_M)
    shapes += _bicycle_frame(grey)
    turn = 2.0 * math.pi * motion.distance_m / _GEAR_M
    for side, angle in ((0.1, turn), (-0.1, turn + math.pi)):
        shapes += _pedalling_leg(look, side, angle)
    neck = (0.16, 1.44)
    shapes += trunk(_SADDLE, neck, look) + head(neck, look)
    for side in (0.2, -0.2):
        shoulder = (neck[0], side, neck[1] - 0.06)
        hand = (_BAR[0], side, _BAR[1] + 0.02)
        elbow = (0.22, side * 1.2, 1.12)
        shapes.append(Shape([shoulder, elbow, hand], 0.052, look.upper * 0.92))
        shapes.append(Shape([hand], 0.05, look.skin))
    return shapes


def cart_shapes(driver: Look, grey: float, motion: Motion) -> list[Shape]:
    """Returns the shapes of a golf cart and its driver.

    Args:
        driver: The look of the driver.
        grey: Grey of the cart's body, 0 to 255.
        motion: The movement at this moment, which turns the wheels.

    Returns:
        The shapes. Height 0 is the ground under the wheels.
    """
    side = _CART_HALF_WIDTH_M
    shapes = box((-1.15, 1.15), (-side, side), (0.22, 0.36), grey * 0.9)
    shapes += box((-1.15, -0.42), (-side, side), (0.36, 0.74), grey)
    shapes += box((-0.5, 0.0), (-side + 0.08, side - 0.08), (0.58, 0.74), 60.0)  # the seat
    shapes += box((-0.56, -0.42), (-0.5, 0.5), (0.74, 1.12), 50.0)  # its back
    shapes += _cowl(grey)
    shapes += box((-1.05, 0.75), (-side, side), (1.86, 1.95), min(grey * 1.06, 250.0))
    for ahead, top in ((-0.98, -0.98), (0.82, 0.62)):
        for post in (-side + 0.05, side - 0.05):
            shapes.append(Shape([(ahead, post, 0.7), (top, post, 1.88)], 0.028, 55.0, flat=True))
    for axle in _CART_AXLES_M:
        for wheel in (-side - 0.02, side + 0.02):
            shapes += _cart_wheel(axle, wheel, motion.distance_m / _CART_WHEEL_M)
    return shapes + _driver(driver, 0.27)


def _bicycle_wheel(axle: float, angle: float) -> list[Shape]:
    hub = (axle, 0.0, _BICYCLE_WHEEL_M)
    spokes = [
        Shape(
            [rim_point(hub, _BICYCLE_WHEEL_M, a), rim_point(hub, -_BICYCLE_WHEEL_M, a)],
            0.007,
            150.0,
        )
        for a in (angle, angle + math.pi / 3.0, angle + math.pi / 1.5)
    ]
    tyre = [*circle(hub, _BICYCLE_WHEEL_M, 20), rim_point(hub, _BICYCLE_WHEEL_M, 0.0)]
    return [*(spoke._replace(flat=True) for spoke in spokes), Shape(tyre, 0.03, 28.0)]


def rim_point(hub: Point, radius: float, angle: float) -> Point:
    """Returns the point of an upright wheel at an angle, which grows as the wheel rolls forward."""
    return (hub[0] + radius * math.cos(angle), hub[1], hub[2] - radius * math.sin(angle))


def circle(hub: Point, radius: float, corners: int) -> list[Point]:
    """Returns the rim of an upright wheel as a polygon with a number of corners."""
    return [rim_point(hub, radius, 2.0 * math.pi * k / corners) for k in range(corners)]


def _bicycle_frame(grey: float) -> list[Shape]:
    rear, front = ((axle, 0.0, _BICYCLE_WHEEL_M) for axle in _BICYCLE_AXLES_M)
    crank, saddle = (_CRANK[0], 0.0, _CRANK[1]), (_SADDLE[0], 0.0, _SADDLE[1] - 0.08)
    below_saddle, steerer = (-0.16, 0.0, 0.72), (0.36, 0.0, 0.82)
    bar = (_BAR[0] - 0.04, 0.0, _BAR[1])
    tubes = [
        [rear, crank, steerer, below_saddle, rear],
        [crank, saddle],
        [front, steerer, bar],
        [(_BAR[0], 0.25, _BAR[1]), (_BAR[0], -0.25, _BAR[1])],
    ]
    seat = [(saddle[0] - 0.1, 0.0, saddle[2]), (saddle[0] + 0.1, 0.0, saddle[2])]
    return [Shape(tube, 0.024, grey, flat=True) for tube in tubes] + [Shape(seat, 0.035, 30.0)]


def _pedalling_leg(look: Look, side: float, angle: float) -> list[Shape]:
    pedal = (_CRANK[0] + _PEDAL_M * math.cos(angle), _CRANK[1] - _PEDAL_M * math.sin(angle))
    ankle = (pedal[0] - 0.08, pedal[1] + 0.06)
    knee = _knee(_SADDLE, ankle)
    hip3, knee3, ankle3 = ((f, side, h) for f, h in (_SADDLE, knee, ankle))
    toe = (pedal[0] + 0.07, side, pedal[1] + 0.03)
    return [
        Shape([ankle3, toe], 0.05, look.shoe, flat=True),
        Shape([hip3, knee3, ankle3], 0.074, look.lower),
    ]


def _knee(hip: tuple[float, float], ankle: tuple[float, float]) -> tuple[float, float]:
    """Returns the knee between hip and ankle, bent forward: both bones are 0.44 m long."""
    ahead, up = ankle[0] - hip[0], ankle[1] - hip[1]
    gap = math.hypot(ahead, up)
    reach = math.sqrt(max(0.44**2 - (gap / 2.0) ** 2, 0.0)) / gap
    return (hip[0] + ahead / 2.0 - up * reach, hip[1] + up / 2.0 + ahead * reach)


def box(
    ahead: tuple[float, float], side: tuple[float, float], up: tuple[float, float], grey: float
) -> list[Shape]:
    """Returns the five faces of a box that are visible from above, each with its own brightness."""
    (f0, f1), (s0, s1), (h0, h1) = ahead, side, up
    faces: list[tuple[list[Point], float]] = [
        ([(f0, s0, h1), (f1, s0, h1), (f1, s1, h1), (f0, s1, h1)], 1.0),
        ([(f0, s0, h0), (f1, s0, h0), (f1, s0, h1), (f0, s0, h1)], 0.8),
        ([(f0, s1, h0), (f1, s1, h0), (f1, s1, h1), (f0, s1, h1)], 0.8),
        ([(f0, s0, h0), (f0, s1, h0), (f0, s1, h1), (f0, s0, h1)], 0.68),
        ([(f1, s0, h0), (f1, s1, h0), (f1, s1, h1), (f1, s0, h1)], 0.68),
    ]
    return [Shape(points, 0.0, grey * light, filled=True, flat=True) for points, light in faces]


def _cowl(grey: float) -> list[Shape]:
    """Returns the sloping front of the cart: its two sides, the hood and the dashboard."""
    side = _CART_HALF_WIDTH_M
    profile = [(1.18, 0.36), (1.15, 0.62), (0.84, 0.92), (0.62, 0.92), (0.52, 0.36)]
    shapes = [
        Shape([(f, s, h) for f, h in profile], 0.0, grey * 0.82, filled=True, flat=True)
        for s in (-side, side)
    ]
    for (f0, h0), (f1, h1), light in zip(
        profile[:-1], profile[1:], (0.75, 1.0, 1.05, 0.5), strict=True
    ):
        hood = [(f0, -side, h0), (f0, side, h0), (f1, side, h1), (f1, -side, h1)]
        shapes.append(Shape(hood, 0.0, min(grey * light, 250.0), filled=True, flat=True))
    return shapes


def _cart_wheel(axle: float, side: float, angle: float) -> list[Shape]:
    middle = (axle, side, _CART_WHEEL_M)
    outside = (axle, side + math.copysign(0.01, side), _CART_WHEEL_M)
    tyre, hub = circle(middle, _CART_WHEEL_M, 16), circle(outside, 0.12, 8)
    mark = [rim_point(outside, 0.12, angle), rim_point(outside, -0.12, angle)]
    return [
        Shape(tyre, 0.0, 30.0, filled=True, flat=True),
        Shape(hub, 0.0, 165.0, filled=True, flat=True),
        Shape(mark, 0.02, 70.0, flat=True),
    ]


def _driver(look: Look, side: float) -> list[Shape]:
    """Returns a person at the steering wheel, `side` metres to the left of the middle."""
    hip, neck = (-0.28, 0.85), (-0.34, 1.36)
    seated = trunk(hip, neck, look) + head(neck, look)
    moved = [part._replace(points=[(f, s + side, h) for f, s, h in part.points]) for part in seated]
    shoulder, hand = (neck[0], side - 0.18, neck[1] - 0.06), (0.32, side - 0.1, 1.08)
    elbow = (-0.12, side - 0.22, 1.02)
    legs = [(hip[0], side, hip[1]), (0.2, side, 0.88), (0.38, side, 0.45)]
    wheel = [(0.3, side - 0.16, 1.12), (0.38, side + 0.16, 1.0)]
    return [
        *moved,
        Shape(legs, 0.085, look.lower),
        Shape([shoulder, elbow, hand], 0.052, look.upper * 0.92),
        Shape([hand], 0.05, look.skin),
        Shape(wheel, 0.025, 35.0, flat=True),
    ]
