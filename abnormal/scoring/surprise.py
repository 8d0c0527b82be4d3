"""All scores on one scale: how seldom normal footage has a frame that scores as high.

The surprise of a value is -log10 of the share of normal frames that reach it: 2 is one normal frame
in a hundred, 3 one in a thousand.
"""

from dataclasses import dataclass

import numpy as np

LARGEST = 30.0
"""No footage can vouch for more than the logarithm of its frames; beyond that it only ranks."""

TAIL_SHARES = (0.1, 0.01)
TAIL_FRAMES = 1000
"""The tail begins above the share that so many frames are beyond, within the bounds above."""

_BODY = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)


@dataclass(frozen=True)
class Surprise:
    """From a score to its surprise.

    The body of the distribution is what was counted. The tail beyond it is exponential; as its
    scale is known from so many independent frames only, what counts is the share that is to be
    expected of a new frame, to which large excesses are the less surprising the less was seen: with
    m of them that have a mean of s, an excess of x is reached by (1 + x / (m s)) ** -m, the
    posterior predictive distribution under the scale's Jeffreys prior.

    Attributes:
        values: Scores, growing.
        surprises: Theirs, growing; between two of them it is on the straight line.
        scale: Mean excess over the last value of the normal frames beyond it.
        exceedances: From how many independent frames that is.
        frames: How many normal frames this is from.
    """

    values: tuple[float, ...]
    surprises: tuple[float, ...]
    scale: float
    exceedances: float
    frames: int

    def of(self, scores: np.ndarray) -> np.ndarray:
        """The surprise of some scores.

        Args:
            scores: Any shape, finite.

        Returns:
            The same shape, float64 in [0, `LARGEST`].
        """
        body = np.interp(scores, self.values, self.surprises)
        excess = np.maximum(scores - self.values[-1], 0) / (self.exceedances * self.scale)
        return np.minimum(body + self.exceedances * np.log10(1 + excess), LARGEST)

    def score(self, surprise: float) -> float:
        """The score that has a surprise; the inverse of `of`."""
        beyond = max(0.0, surprise - self.surprises[-1]) / self.exceedances
        excess = self.exceedances * self.scale * (10**beyond - 1)
        return float(np.interp(surprise, self.surprises, self.values)) + excess


def learn_surprise(normal: np.ndarray, alike: float = 1.0, least_scale: float = 1e-9) -> Surprise:
    """Learns how seldom which scores are.

    Args:
        normal: `(n,)` scores of normal frames, at least one.
        alike: How many frames that follow one another count as one, as they show the same.
        least_scale: Of the tail, above 0: where all normal frames score alike, the scores above
            them are surprising, but not all of them without end.
    """
    share = float(np.clip(TAIL_FRAMES / len(normal), min(TAIL_SHARES), max(TAIL_SHARES)))
    shares = [known for known in _BODY if known > share] + [share]
    values, first = np.unique(np.quantile(normal, 1 - np.array(shares)), return_index=True)
    excess = normal[normal > values[-1]] - values[-1]
    scale = max(float(excess.mean()) if excess.size else 0.0, least_scale)
    return Surprise(
        values=tuple(values.tolist()),
        surprises=tuple(np.abs(np.log10(np.array(shares)[first])).tolist()),
        scale=scale,
        exceedances=max(1.0, share * len(normal) / alike),
        frames=len(normal),
    )
