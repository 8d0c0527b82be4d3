"""Finds out whether calm hours still look as they did when the model was calibrated.

By calibration, one normal frame in ten has a surprise above 1. If many more of the calm frames have
it, the light, the lens or the scene has changed. The share of such frames is computed for each
minute, and the median over the minutes is not affected by a busy one. A lower share than expected
is no drift, because that is what a night looks like.
"""

import collections
from collections.abc import Mapping

import numpy as np

from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.local import LOCAL_SCORES

HIGH_SURPRISE = 1.0
"""Frames with a surprise above this are counted."""
EXPECTED_SHARE = 0.1
"""Share of the normal frames with a high surprise at calibration, by the definition of surprise."""
DRIFT_SHARE = 0.3
"""A median share of frames with a high surprise above this is drift."""

MINUTE_SEC = 60.0
WINDOW_MINUTES = 60
"""The median is taken over so many minutes at most."""
MIN_MINUTES = 10
"""No warning is given before so many minutes have been seen."""
WARN_EVERY_SEC = 3600.0
"""Warnings are at least so many seconds apart."""


def surprises_of(
    causal: Mapping[str, np.ndarray], alarm: Alarm, calibration: Calibration
) -> dict[str, np.ndarray]:
    """Selects the surprises on which an alarm is based, as far as they are calibrated.

    Args:
        causal: By the name of each score, `(n,)` float, its values for `n` frames.
        alarm: The alarm, which names the score.
        calibration: Calibration of the model.

    Returns:
        By the name of each score, `(n,)` float, at least 0: 1 is exceeded by one normal frame in
        ten, 2 by one in a hundred. Empty if the calibration does not know the score.
    """
    score = alarm.score
    if alarm.is_local:
        wanted = LOCAL_SCORES if score == FUSED else (score,)
        return {name: causal[name] for name in wanted if name in causal}
    known = calibration.surprises.get(score)
    return {score: known.of(causal[score])} if known else {}


class DriftWatch:
    """Watches the surprises of one camera's calm frames, minute by minute."""

    def __init__(self) -> None:
        self._shares: collections.deque[dict[str, float]] = collections.deque(maxlen=WINDOW_MINUTES)
        self._minute: dict[str, list[float]] = {}
        self._minute_start_sec: float | None = None
        self._warned_sec = -np.inf

    def add(self, sec: float, surprises: Mapping[str, np.ndarray]) -> None:
        """Adds some frames for which no alarm was raised.

        Args:
            sec: When the frames were taken, in seconds by a clock that never goes back.
            surprises: By the name of each score, `(n,)` float, the surprises of `n` frames.
        """
        self._minute_start_sec = sec if self._minute_start_sec is None else self._minute_start_sec
        if sec - self._minute_start_sec >= MINUTE_SEC:
            self._shares.append({name: float(np.mean(v)) for name, v in self._minute.items()})
            self._minute, self._minute_start_sec = {}, sec
        for name, values in surprises.items():
            self._minute.setdefault(name, []).extend((values > HIGH_SURPRISE).tolist())

    def warning(self, sec: float) -> str:
        """Describes a drift, at most once an hour; empty if there is none.

        Args:
            sec: The present time, in seconds by a clock that never goes back.
        """
        if len(self._shares) < MIN_MINUTES or sec - self._warned_sec < WARN_EVERY_SEC:
            return ""
        names = self._shares[-1]
        medians = {n: float(np.median([s[n] for s in self._shares if n in s])) for n in names}
        name = max(medians, key=lambda one: medians[one], default="")
        if not name or medians[name] <= DRIFT_SHARE:
            return ""
        self._warned_sec = sec
        return (
            f"in the last {len(self._shares)} calm minutes {100 * medians[name]:.0f} % of the "
            f"frames had a {name} that {100 * EXPECTED_SHARE:.0f} % had when the model was "
            "calibrated"
        )
