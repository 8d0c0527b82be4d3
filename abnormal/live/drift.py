"""Whether calm hours still look as they did when the model was calibrated.

A surprise of 1 is what one normal frame in ten had then. Where, minute for minute, many more of the
calm frames have it, the light, the lens or life has changed. The median over the minutes does not
mind a busy one. That nothing moves at all is no drift: it is night.
"""

import collections
from collections.abc import Mapping

import numpy as np

from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.local import LOCAL_SCORES

SURPRISE = 1.0
EXPECTED_SHARE = 0.1
MOVED_SHARE = 0.3
"""Three times as many frames as in the calibration: drift."""

MINUTE_SEC = 60.0
WINDOW_MINUTES = 60
ENOUGH_MINUTES = 10
WARN_EVERY_SEC = 3600.0


def surprises_of(
    causal: Mapping[str, np.ndarray], alarm: Alarm, calibration: Calibration
) -> dict[str, np.ndarray]:
    """The surprises behind a score, of which the calibration says how often they are what.

    Args:
        causal: For each score's name `(n,)`.
        alarm: What raises an alarm.
        calibration: Of the model.
    """
    score = alarm.score
    if alarm.is_local:
        wanted = LOCAL_SCORES if score == FUSED else (score,)
        return {name: causal[name] for name in wanted if name in causal}
    known = calibration.surprises.get(score)
    return {score: known.of(causal[score])} if known else {}


class DriftWatch:
    """Watches the calm frames of one camera."""

    def __init__(self) -> None:
        self._shares: collections.deque[dict[str, float]] = collections.deque(maxlen=WINDOW_MINUTES)
        self._minute: dict[str, list[float]] = {}
        self._begun_sec: float | None = None
        self._warned_sec = -np.inf

    def add(self, sec: float, surprises: Mapping[str, np.ndarray]) -> None:
        """Takes some frames that no alarm was raised for.

        Args:
            sec: When they came; it grows.
            surprises: For each score `(n,)`.
        """
        self._begun_sec = sec if self._begun_sec is None else self._begun_sec
        if sec - self._begun_sec >= MINUTE_SEC:
            self._shares.append({name: float(np.mean(v)) for name, v in self._minute.items()})
            self._minute, self._begun_sec = {}, sec
        for name, values in surprises.items():
            self._minute.setdefault(name, []).extend((values > SURPRISE).tolist())

    def warning(self, sec: float) -> str:
        """What has moved, at most once an hour; empty where nothing has.

        Args:
            sec: Now, by a clock that never goes back.
        """
        if len(self._shares) < ENOUGH_MINUTES or sec - self._warned_sec < WARN_EVERY_SEC:
            return ""
        names = self._shares[-1]
        medians = {n: float(np.median([s[n] for s in self._shares if n in s])) for n in names}
        name = max(medians, key=lambda one: medians[one], default="")
        if not name or medians[name] <= MOVED_SHARE:
            return ""
        self._warned_sec = sec
        return (
            f"in the last {len(self._shares)} calm minutes {100 * medians[name]:.0f} % of the "
            f"frames had a {name} that {100 * EXPECTED_SHARE:.0f} % had when the model was "
            "calibrated"
        )
