"""The light of the day: how bright it is, whether the sun shines, and where shadows fall."""

import math
from dataclasses import dataclass

import numpy as np

_SUNRISE, _SUNSET = 6.0, 20.0  # hours
_CLOUD_PERIODS_SEC = (97.0, 410.0, 1500.0)
_LONGEST_SHADOW = 1.6  # metres per metre of height: a lower sun is behind houses
_LAMPS = 0.55  # brightness that lamps give at night


@dataclass(frozen=True)
class Daylight:
    """The light from some hour of the day on. It changes within minutes, not within seconds.

    Attributes:
        start_hour: Hour of the day at which the footage begins, 0 to 24.
        phases: Phase of each wave of clouds at the beginning, in radians.
        outdoors: Whether there is sun.
    """

    start_hour: float
    phases: tuple[float, ...]
    outdoors: bool

    def hour(self, time_sec: float) -> float:
        """Returns the hour of the day, 0 to 24."""
        return (self.start_hour + time_sec / 3600.0) % 24.0

    def level(self, time_sec: float) -> float:
        """Returns the brightness as a factor of the greys of bodies and ground."""
        day = self._height_of_sun(time_sec) * (1.0 - 0.18 * self._clouds(time_sec))
        lamps = _LAMPS if self.outdoors else 0.8
        return lamps + (1.05 - lamps) * day

    def sun(self, time_sec: float) -> float:
        """Returns the share of the light that comes from the sun and that shadows lack, 0 to 1."""
        if not self.outdoors:
            return 0.35  # under the lamps of a ceiling, shadows are weak
        low = min(3.0 * self._height_of_sun(time_sec), 1.0)
        return low * min(max(1.15 - 1.3 * self._clouds(time_sec), 0.0), 1.0)

    def shadow_per_m(self, time_sec: float) -> tuple[float, float]:
        """Returns metres to the right and away by which a shadow grows per metre of height."""
        if not self.outdoors:
            return 0.1, 0.12
        turn = math.pi * (self.hour(time_sec) - _SUNRISE) / (_SUNSET - _SUNRISE)
        length = min(1.0 / max(math.tan(0.9 * math.sin(turn)), 1e-3), _LONGEST_SHADOW)
        return length * math.cos(turn + 0.3), 0.4 * length

    def _height_of_sun(self, time_sec: float) -> float:
        turn = math.pi * (self.hour(time_sec) - _SUNRISE) / (_SUNSET - _SUNRISE)
        return math.sqrt(max(math.sin(turn), 0.0))

    def _clouds(self, time_sec: float) -> float:
        """Returns how much of the sky is covered, 0 to 1."""
        waves = (
            math.sin(2.0 * math.pi * time_sec / period + phase)
            for period, phase in zip(_CLOUD_PERIODS_SEC, self.phases, strict=True)
        )
        return 0.5 + 0.5 * sum(waves) / len(_CLOUD_PERIODS_SEC)


def random_daylight(rng: np.random.Generator, start_hour: float, outdoors: bool) -> Daylight:
    """Returns the light of a day with random clouds."""
    phases = rng.uniform(0.0, 2.0 * math.pi, len(_CLOUD_PERIODS_SEC))
    return Daylight(start_hour, tuple(phases.tolist()), outdoors)


def busyness(hour: float) -> float:
    """Returns how many people are about at an hour of the day, as a share of the busiest hour."""
    peaks = ((8.0, 1.2), (12.5, 1.5), (17.5, 1.8))
    crowd = sum(math.exp(-(((hour - middle) / width) ** 2)) for middle, width in peaks)
    day = 0.45 if 6.5 < hour < 22.0 else 0.08
    return min(day + 0.55 * crowd, 1.0)
