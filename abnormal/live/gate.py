"""Pictures that cannot be scored: what a camera shows against what it has just shown.

A covered lens is very regular, and a lamp that goes on is irregular everywhere; neither says
anything about the place. Each kind has one simple measure, most of them against the median picture
of the camera's own last minute, which people who walk by are not in.
"""

import collections
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

SIDE_PX = 56
"""What is measured coarsely is measured on a picture of this size."""
BLOCK_PX = 7

SNAPSHOT_SEC, SNAPSHOTS, ENOUGH = 2.0, 30, 3
"""So often a picture is kept, so many are, and so many make a past to compare with."""

BLACKEST = 30.0
"""Grey levels: of a black picture, 99 % are darker."""
DETAIL = 4.0
"""Grey levels: a block whose standard deviation is above this shows something."""
DETAIL_LEFT = 0.35
COVERED_SHARE = 0.75
"""Covered: so much of the blocks that showed something have lost most of it."""
LIGHT_SEC, LIGHT_LEVELS, LIGHT_SHARE = 1.0, 20.0, 0.8
"""Light: within a second so much of the picture is so much brighter, or darker."""
LIGHT_LIKE = 0.6
"""And what it shows is the same: so much correlation. A lorry before the lens is no lamp."""
SHIFT_SHARE = 0.03
"""Shifted: by so much of the picture's side."""
SHIFT_GAIN = 0.3
"""And shifted back it lacks so much less of being its past (correlation 1)."""
UNLIKE = 0.25
"""Shifted, too: the correlation with the past is below this."""
SHARPNESS_LEFT = 0.45
"""Blurred: so little of the fine detail is left."""
FROZEN_SEC, FROZEN_TIMES = 3.0, 3.0
"""Frozen: the same picture, to the last bit, for so long and so many times longer than usual."""


@dataclass(frozen=True)
class _Past:
    """What a camera has shown in its last minute.

    Attributes:
        picture: `(SIDE_PX, SIDE_PX)` float32, the median.
        spread: Its standard deviation.
        detail: That of each of its blocks.
        sharpness: The median.
    """

    picture: np.ndarray
    spread: float
    detail: np.ndarray
    sharpness: float


class PictureGate:
    """Looks at each picture of one camera."""

    def __init__(self, fps: float) -> None:
        """Begins without a past.

        Args:
            fps: Pictures per second.
        """
        self._fps = fps
        self._snapshots: collections.deque[np.ndarray] = collections.deque(maxlen=SNAPSHOTS)
        self._sharpnesses: collections.deque[float] = collections.deque(maxlen=SNAPSHOTS)
        self._past: _Past | None = None
        self._last_second: collections.deque[np.ndarray] = collections.deque(
            maxlen=max(1, round(LIGHT_SEC * fps))
        )
        self._before: np.ndarray | None = None
        self._same = self._usually_same = 0
        self._count = 0
        self._window = cv2.createHanningWindow((SIDE_PX, SIDE_PX), cv2.CV_32F)

    def __call__(self, image: np.ndarray) -> tuple[str, str]:
        """What is wrong with a picture.

        Args:
            image: `(height, width)` uint8.

        Returns:
            One of `KINDS`, and what was measured; both empty where nothing is wrong.
        """
        small = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        small = small.astype(np.float32)
        found = next(
            ((kind, said) for kind, look in KINDS.items() if (said := look(self, image, small))),
            ("", ""),
        )
        if found[0] == "light":
            self._forget()
        self._last_second.append(small)
        self._count += 1
        if not found[0] and self._count >= SNAPSHOT_SEC * self._fps:
            self._remember(image, small)
        return found

    def _black(self, image: np.ndarray, small: np.ndarray) -> str:
        if np.count_nonzero(small >= BLACKEST) > 0.02 * small.size:
            return ""  # as nearly always, and a quantile takes its time
        level = float(np.quantile(small, 0.99))
        return f"99 % of it are below {level:.0f} of 255" if level < BLACKEST else ""

    def _frozen(self, image: np.ndarray, small: np.ndarray) -> str:
        same = self._before is not None and np.array_equal(image, self._before)
        self._before = image
        limit = max(FROZEN_SEC * self._fps, FROZEN_TIMES * self._usually_same)
        if not same:
            if self._same <= limit:
                self._usually_same = max(self._usually_same, self._same)
            self._same = 0
            return ""
        self._same += 1
        return f"the same for {self._same / self._fps:.0f} s" if self._same > limit else ""

    def _light(self, image: np.ndarray, small: np.ndarray) -> str:
        if not self._last_second:
            return ""
        change = small - self._last_second[0]
        share = max((change > LIGHT_LEVELS).mean(), (change < -LIGHT_LEVELS).mean())
        if share < LIGHT_SHARE or _correlation(self._last_second[0], small) < LIGHT_LIKE:
            return ""
        way = "brighter" if change.mean() > 0 else "darker"
        return f"{way} by {abs(np.median(change)):.0f} of 255"

    def _covered(self, image: np.ndarray, small: np.ndarray) -> str:
        if self._past is None:
            return ""
        before = self._past.detail
        showed = before > DETAIL
        if not showed.any():
            return ""
        lost = (_block_detail(small) < DETAIL_LEFT * before)[showed].mean()
        return f"{100 * lost:.0f} % of it show nothing" if lost > COVERED_SHARE else ""

    def _shifted(self, image: np.ndarray, small: np.ndarray) -> str:
        if self._past is None or self._past.spread < DETAIL:
            return ""
        past = self._past.picture
        like = _correlation(past, small)
        if like < UNLIKE:
            return f"unlike the last minute (correlation {like:.2f})"
        (right, down), _ = cv2.phaseCorrelate(past, small, self._window)
        way = float(np.hypot(right, down)) / SIDE_PX
        if way < SHIFT_SHARE:
            return ""
        back = np.array([[1, 0, -right], [0, 1, -down]], np.float32)
        moved = cv2.warpAffine(small, back, small.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        gain = _correlation(past, moved) - like
        return f"by {100 * way:.0f} % of its side" if gain > SHIFT_GAIN * (1 - like) else ""

    def _blurred(self, image: np.ndarray, small: np.ndarray) -> str:
        if self._past is None:
            return ""
        left = _sharpness(image) / max(self._past.sharpness, 1e-6)
        return f"{100 * left:.0f} % of its sharpness" if left < SHARPNESS_LEFT else ""

    def _remember(self, image: np.ndarray, small: np.ndarray) -> None:
        self._count = 0
        self._snapshots.append(small)
        self._sharpnesses.append(_sharpness(image))
        if len(self._snapshots) >= ENOUGH:
            picture = np.median(np.stack(self._snapshots), axis=0)
            self._past = _Past(
                picture,
                float(picture.std()),
                _block_detail(picture),
                float(np.median(self._sharpnesses)),
            )

    def _forget(self) -> None:
        self._snapshots.clear()
        self._sharpnesses.clear()
        self._past = None


KINDS: dict[str, Callable[[PictureGate, np.ndarray, np.ndarray], str]] = {
    "black": PictureGate._black,
    "frozen": PictureGate._frozen,
    "light": PictureGate._light,
    "covered": PictureGate._covered,
    "shifted": PictureGate._shifted,
    "blurred": PictureGate._blurred,
}
"""What may be wrong with a picture; the first that is says it."""


def _block_detail(small: np.ndarray) -> np.ndarray:
    """Standard deviation in each block."""
    side = SIDE_PX // BLOCK_PX
    return small.reshape(side, BLOCK_PX, side, BLOCK_PX).std(axis=(1, 3))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float((one * other).sum() / max(float(np.sqrt((one**2).sum() * (other**2).sum())), 1e-6))


def _sharpness(image: np.ndarray) -> float:
    """Mean absolute Laplacian."""
    return float(np.abs(cv2.Laplacian(image, cv2.CV_16S)).mean())
