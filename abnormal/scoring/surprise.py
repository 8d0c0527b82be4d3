"""Surprise: a scale common to all scores, of how rare a value is in normal footage.

The surprise of a value is -log10 of the fraction of normal frames that reach it. A surprise of 2 is
reached by one normal frame in a hundred, a surprise of 3 by one in a thousand.
"""

from dataclasses import dataclass

import numpy as np

MAX_SURPRISE = 30.0
"""Upper limit of a surprise. Values beyond the logarithm of the number of normal frames are
extrapolated and only rank."""

TAIL_SHARES = (0.1, 0.01)
"""Largest and smallest fraction of the normal frames that may belong to the tail."""

TAIL_FRAMES = 1000
"""Number of normal frames in the tail, as far as `TAIL_SHARES` allow it."""

TIED = 0.9
"""If less than this part of the frames that reach a value is above it, frames are tied there."""

SAME = 1e-9
"""Largest difference, as a fraction, of scores that are the same but for rounding."""

_BODY_SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
"""Fractions of the normal frames at whose quantiles the body of the distribution is stored."""


@dataclass(frozen=True)
class Surprise:
    """The distribution of a score in normal footage, which turns its values into surprises.

    The body of the distribution is empirical. The tail beyond it is exponential. As its scale is
    only estimated, a fraction of frames is predicted for it by the posterior predictive
    distribution under the Jeffreys prior of the scale: with m independent frames in the tail and a
    mean excess of s, an excess of x is reached by a fraction of (1 + x / (m s)) ** -m. The fewer
    frames there are in the tail, the less surprising is a large excess.

    Attributes:
        values: Values of the score, in growing order.
        surprises: Surprise of each of these values, in growing order. Between two values it is
            interpolated linearly.
        scale: Mean excess of the frames in the tail over the value at which it begins. That is the
            last value, or the one before if many frames have the last value itself.
        exceedances: Number of independent frames in the tail, at least 1.
        frames: Number of normal frames that the distribution was learnt from.
    """

    values: tuple[float, ...]
    surprises: tuple[float, ...]
    scale: float
    exceedances: float
    frames: int

    def of(self, scores: np.ndarray) -> np.ndarray:
        """Computes the surprise of some scores.

        Args:
            scores: float64 of any shape, finite.

        Returns:
            float64 of the same shape in [0, `MAX_SURPRISE`].
        """
        body = np.interp(scores, self.values, self.surprises)
        excess = np.maximum(scores - self.values[-1], 0) / (self.exceedances * self.scale)
        return np.minimum(body + self.exceedances * np.log10(1 + excess), MAX_SURPRISE)

    def score(self, surprise: float) -> float:
        """Computes the score that has a given surprise; the inverse of `of`."""
        beyond = max(0.0, surprise - self.surprises[-1]) / self.exceedances
        excess = self.exceedances * self.scale * (10**beyond - 1)
        return float(np.interp(surprise, self.surprises, self.values)) + excess


def learn_surprise(normal: np.ndarray, alike: float = 1.0, least_scale: float = 1e-9) -> Surprise:
    """Learns the distribution of a score from normal footage.

    Args:
        normal: `(n,)` float64, the scores of at least one normal frame.
        alike: Number of consecutive frames that count as one independent frame, because they show
            nearly the same.
        least_scale: Difference of scores that is noise, above 0, and lower limit of the scale of
            the tail. It keeps the surprise finite if all normal frames have the same score.
    """
    share = float(np.clip(TAIL_FRAMES / len(normal), min(TAIL_SHARES), max(TAIL_SHARES)))
    shares = [known for known in _BODY_SHARES if known > share] + [share]
    values, first = np.unique(np.quantile(normal, 1 - np.array(shares)), return_index=True)
    reached = np.array(shares)[first]
    beyond = normal > values[-1] + least_scale
    if (normal > values[-1]).mean() < TIED * reached[-1] and beyond.any():
        # Many frames have the last value itself, such as 0 where hardly anything ever moves. The
        # tail begins a little above it, with as many frames as are there.
        share = float(beyond.mean())
        values = np.append(values, values[-1] + least_scale)
        reached = np.append(reached, share)
    excess = normal[normal > values[-1]] - values[-1]
    scale = max(float(excess.mean()) if excess.size else 0.0, least_scale)
    tied = np.isclose(normal, normal.max(), rtol=SAME, atol=0)
    if tied.sum() > max(1, alike, (1 - TIED) * excess.size):
        values, reached = _with_largest(values, reached, normal.max(), tied.mean(), least_scale)
    return Surprise(
        values=tuple(values.tolist()),
        surprises=tuple(np.abs(np.log10(reached)).tolist()),
        scale=scale,
        exceedances=max(1.0, share * len(normal) / alike),
        frames=len(normal),
    )


def _with_largest(
    values: np.ndarray, reached: np.ndarray, largest: float, share: float, least_scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ends the body of a distribution with a largest value that many frames have.

    Such is the longest time that is counted. An exponential distribution, and the nearest quantile,
    would call it rarer than it is. The tail goes on from there.

    Args:
        values: Values of the score, in growing order.
        reached: Fraction of the frames that reach each of them.
        largest: The largest value.
        share: Fraction of the frames that have it.
        least_scale: Difference of scores that is noise.

    Returns:
        The values and the fractions with those of the largest value.
    """
    is_same = np.isclose(values, largest, rtol=SAME, atol=0)
    if not is_same[-1] and largest <= values[-1] + least_scale:
        return values, reached
    below, above = values[~is_same], reached[~is_same]
    return np.append(below, largest), np.append(above, min([*above, share]))
