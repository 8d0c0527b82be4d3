"""Recognises pictures that cannot be scored, by comparison with what the camera has just shown.

A covered lens looks very regular, and a lamp that is switched on looks irregular everywhere.
Neither says anything about the scene. Each fault is found by one simple measurement. Most compare
the picture with the median picture of the camera's last minute, in which people who walk by do not
appear.
"""

import collections
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

SIDE_PX = 56
"""Most measurements are made on a picture that is shrunk to this height and width, in pixels."""
BLOCK_PX = 7
"""Height and width of the blocks whose contrast is compared, in pixels of the small picture."""

SNAPSHOT_SEC = 2.0
"""Every so many seconds a picture is kept for the median picture."""
SNAPSHOTS = 30
"""The median picture is that of so many pictures at most."""
ENOUGH_SNAPSHOTS = 3
"""Nothing is compared with the median picture before so many pictures have been kept."""

BLACK_BELOW = 30.0
"""Black: 99 % of the pixels are below this, in grey levels (0 to 255)."""

CONTRAST = 4.0
"""A block with a standard deviation above this has contrast, in grey levels."""
CONTRAST_LEFT = 0.35
"""A block that has less than this share of its usual standard deviation has lost its contrast."""
COVERED_SHARE = 0.75
"""Covered: more than this share of the blocks with contrast have lost it."""

LIGHT_SEC = 1.0
"""Light: the picture is compared with the one of so many seconds before."""
LIGHT_LEVELS = 20.0
"""Light: pixels count that have become brighter, or darker, by more than this, in grey levels."""
LIGHT_SHARE = 0.8
"""Light: at least this share of the pixels has changed in the same direction."""
LIGHT_CORRELATION = 0.6
"""Light: the correlation of the two pictures is at least this. A lorry in front of the lens changes
the content, a lamp does not."""

SHIFT_SHARE = 0.03
"""Shifted: the picture has moved by at least this share of its side."""
SHIFT_GAIN = 0.3
"""Shifted: moving the picture back removes more than this share of what its correlation with the
median picture lacks to 1."""
LEAST_CORRELATION = 0.25
"""Shifted: alternatively, the correlation with the median picture is below this."""

SHARPNESS_LEFT = 0.45
"""Blurred: less than this share of the usual sharpness is left."""

FROZEN_SEC = 3.0
"""Frozen: the picture has been identical to the last bit for more than so many seconds."""
FROZEN_FACTOR = 3.0
"""Frozen: it has also been identical for more than so many times as long as it usually is."""


@dataclass(frozen=True)
class _UsualView:
    """What a camera has shown in its last minute.

    Attributes:
        picture: `(SIDE_PX, SIDE_PX)` float32, 0 to 255, the median picture.
        contrast: Standard deviation of the median picture, in grey levels.
        block_contrast: Standard deviation of each of its blocks, in grey levels.
        sharpness: Median of the sharpness of the pictures, see `_sharpness`.
    """

    picture: np.ndarray
    contrast: float
    block_contrast: np.ndarray
    sharpness: float


class PictureGate:
    """Checks the pictures of one camera, one after the other."""

    def __init__(self, fps: float) -> None:
        """Starts without a median picture, which takes six seconds.

        Args:
            fps: Pictures per second.
        """
        self._fps = fps
        self._snapshots: collections.deque[np.ndarray] = collections.deque(maxlen=SNAPSHOTS)
        self._sharpnesses: collections.deque[float] = collections.deque(maxlen=SNAPSHOTS)
        self._usual: _UsualView | None = None
        self._last_second: collections.deque[tuple[float, np.ndarray]] = collections.deque()
        self._before: np.ndarray | None = None
        self._sec = -1 / fps  # when the newest picture was taken
        self._before_sec = self._identical_since_sec = self._usually_identical_sec = 0.0
        self._next_snapshot_sec = SNAPSHOT_SEC - 1 / fps
        self._window = cv2.createHanningWindow((SIDE_PX, SIDE_PX), cv2.CV_32F)

    def start_connection(self) -> None:
        """Forgets the last pictures, as it is not known what was in between."""
        self._before = None
        self._last_second.clear()

    def start_regime(self) -> None:
        """Forgets what the camera has shown so far, as it shows another regime that is known."""
        self.start_connection()
        self._forget_usual_view()

    def __call__(self, image: np.ndarray, sec: float | None = None) -> tuple[str, str]:
        """Checks the camera's next picture.

        Args:
            image: `(height, width)` uint8, grey.
            sec: When it was taken, in seconds; None if pictures are evenly spaced.

        Returns:
            The fault, one of `FAULTS`, and a description of what was measured; both are empty if
            nothing is wrong.
        """
        self._sec = self._sec + 1 / self._fps if sec is None else sec
        oldest_sec = self._sec - LIGHT_SEC - 0.5 / self._fps
        while self._last_second and self._last_second[0][0] < oldest_sec:
            self._last_second.popleft()
        small = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        small = small.astype(np.float32)
        checks = ((fault, check(self, image, small)) for fault, check in FAULTS.items())
        fault, detail = next(((fault, detail) for fault, detail in checks if detail), ("", ""))
        if fault == "light":
            self._forget_usual_view()
        self._last_second.append((self._sec, small))
        if not fault and self._sec >= self._next_snapshot_sec - 0.5 / self._fps:
            self._take_snapshot(image, small)
        return fault, detail

    def _black(self, image: np.ndarray, small: np.ndarray) -> str:
        if np.count_nonzero(small >= BLACK_BELOW) > 0.02 * small.size:
            return ""  # the usual case, in which the slower quantile is not needed
        level = float(np.quantile(small, 0.99))
        return f"99 % of the pixels are below {level:.0f} of 255" if level < BLACK_BELOW else ""

    def _frozen(self, image: np.ndarray, small: np.ndarray) -> str:
        before, self._before = self._before, image
        before_sec, self._before_sec = self._before_sec, self._sec
        limit_sec = max(FROZEN_SEC, FROZEN_FACTOR * self._usually_identical_sec)
        if before is not None and np.array_equal(image, before):
            identical_sec = self._sec - self._identical_since_sec
            return f"identical for {identical_sec:.0f} s" if identical_sec > limit_sec else ""
        usual_sec = before_sec - self._identical_since_sec
        if before is not None and usual_sec <= limit_sec:
            self._usually_identical_sec = max(self._usually_identical_sec, usual_sec)
        self._identical_since_sec = self._sec
        return ""

    def _light(self, image: np.ndarray, small: np.ndarray) -> str:
        if not self._last_second:
            return ""
        before = self._last_second[0][1]
        change = small - before
        share = max((change > LIGHT_LEVELS).mean(), (change < -LIGHT_LEVELS).mean())
        if share < LIGHT_SHARE or _correlation(before, small) < LIGHT_CORRELATION:
            return ""
        direction = "brighter" if change.mean() > 0 else "darker"
        return f"{direction} by {abs(np.median(change)):.0f} of 255"

    def _covered(self, image: np.ndarray, small: np.ndarray) -> str:
        if self._usual is None:
            return ""
        before = self._usual.block_contrast
        had_contrast = before > CONTRAST
        if not had_contrast.any():
            return ""
        lost = (_block_contrast(small) < CONTRAST_LEFT * before)[had_contrast].mean()
        if lost <= COVERED_SHARE:
            return ""
        return f"{100 * lost:.0f} % of the blocks with contrast have lost it"

    def _shifted(self, image: np.ndarray, small: np.ndarray) -> str:
        if self._usual is None or self._usual.contrast < CONTRAST:
            return ""
        usual = self._usual.picture
        correlation = _correlation(usual, small)
        if correlation < LEAST_CORRELATION:
            return f"unlike the last minute (correlation {correlation:.2f})"
        (right, down), _ = cv2.phaseCorrelate(usual, small, self._window)
        shift = float(np.hypot(right, down)) / SIDE_PX
        if shift < SHIFT_SHARE:
            return ""
        back = np.array([[1, 0, -right], [0, 1, -down]], np.float32)
        moved = cv2.warpAffine(small, back, small.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        gain = _correlation(usual, moved) - correlation
        if gain <= SHIFT_GAIN * (1 - correlation):
            return ""
        return f"moved by {100 * shift:.0f} % of the picture's side"

    def _blurred(self, image: np.ndarray, small: np.ndarray) -> str:
        if self._usual is None:
            return ""
        left = _sharpness(image) / max(self._usual.sharpness, 1e-6)
        return f"{100 * left:.0f} % of the usual sharpness" if left < SHARPNESS_LEFT else ""

    def _take_snapshot(self, image: np.ndarray, small: np.ndarray) -> None:
        self._next_snapshot_sec = self._sec + SNAPSHOT_SEC
        self._snapshots.append(small)
        self._sharpnesses.append(_sharpness(image))
        if len(self._snapshots) >= ENOUGH_SNAPSHOTS:
            picture = np.median(np.stack(self._snapshots), axis=0)
            self._usual = _UsualView(
                picture,
                float(picture.std()),
                _block_contrast(picture),
                float(np.median(self._sharpnesses)),
            )

    def _forget_usual_view(self) -> None:
        self._snapshots.clear()
        self._sharpnesses.clear()
        self._usual = None


FAULTS: dict[str, Callable[[PictureGate, np.ndarray, np.ndarray], str]] = {
    "black": PictureGate._black,
    "frozen": PictureGate._frozen,
    "light": PictureGate._light,
    "covered": PictureGate._covered,
    "shifted": PictureGate._shifted,
    "blurred": PictureGate._blurred,
}
"""What may be wrong with a picture, and the checks for it; the first fault found is reported.

A check gets the picture, `(height, width)` uint8, and the small one, `(SIDE_PX, SIDE_PX)` float32.
It returns a description of what was measured, or an empty string if the fault is not there.
"""


def _block_contrast(small: np.ndarray) -> np.ndarray:
    """Returns the standard deviation in each block of a small picture."""
    side = SIDE_PX // BLOCK_PX
    return small.reshape(side, BLOCK_PX, side, BLOCK_PX).std(axis=(1, 3))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / max(float(np.sqrt((one**2).sum() * (other**2).sum())), 1e-6))


def _sharpness(image: np.ndarray) -> float:
    """Returns the mean absolute Laplacian of a picture, in grey levels."""
    return float(np.abs(cv2.Laplacian(image, cv2.CV_16S)).mean())
