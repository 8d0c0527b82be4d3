"""What does not belong to the scene: the difference from what a camera shows when nobody is there.

The background of a camera is learnt once, from normal footage. While a video is scored, a copy of
it follows slow changes, such as shadows that move with the sun, and takes over after some minutes
what has come and stays. A pixel that looks like either of the two is background: where the copy
shows what has stayed, its place would be taken for foreground when it has gone. What light and
exposure do to the whole picture is undone first. A camera that shakes, or that has been moved a
little, shows each edge at another pixel. Therefore the background is moved to where the frames show
it, and a pixel may look like any of its neighbours.
"""

import collections

import cv2
import numpy as np

from abnormal.video.medians import median

FOREGROUND_LEVELS = 15.0
"""Mean difference of a pixel and its neighbours from the background above which the pixel belongs
to the foreground, in grey levels of 0 to 255."""

NEIGHBOURS_PX = 3
"""Side of the square of pixels over which that difference is averaged, and of the square of the
background with which each pixel is compared."""

SQUARE = np.ones((NEIGHBOURS_PX, NEIGHBOURS_PX), np.uint8)

ADAPTATION_PER_SEC = 1.0
"""Largest change of a background pixel of the copy, in grey levels per second."""

STAYING_PER_SEC = 0.1
"""The same of a pixel of the foreground. What differs by 60 levels and stays is background after
ten minutes at the latest. At a level per second, somebody in grey was background within a quarter
of a minute, also in the footage that tells how long people usually stay."""

SAMPLING = 4
"""Every so many pixels are enough to measure light and correlation."""

LEAST_CONTRAST = 10.0
"""Smallest difference of bright and dark pixels from which a gain is computed, in grey levels."""

MOST_GAIN = 4.0
"""Largest change of contrast that is undone."""

SHIFTS = 9
"""The position of the picture, and its correlation with the background, are measured once a second.
The median of so many counts."""

LEAST_CORRELATION = 0.4
"""Frames whose correlation with the background is below this show another view."""


def learn_background(frames: np.ndarray) -> np.ndarray:
    """Learns the background of a camera.

    Args:
        frames: `(n, height, width)` uint8, some frames from throughout the normal footage. Each
            pixel has to show the background in more than half of them.

    Returns:
        `(height, width)` uint8, the median of each pixel.
    """
    return np.median(frames, axis=0).astype(np.uint8)


class ForegroundDetector:
    """Finds the foreground in the frames of one video, in order.

    Args:
        background: `(height, width)` uint8 of `learn_background`.
        fps: Frames per second.

    Attributes:
        other_view: Whether the last frames show something else than the background. Then nothing is
            foreground.
    """

    def __init__(self, background: np.ndarray, fps: float) -> None:
        self._background = background.astype(np.float32)
        self._step = np.float32(ADAPTATION_PER_SEC / fps)
        self._second = max(1, round(fps))
        self._shifts: collections.deque[np.ndarray] = collections.deque(maxlen=SHIFTS)
        self._correlations: collections.deque[float] = collections.deque(maxlen=SHIFTS)
        self._shift = np.zeros(2)
        self._learnt, self._adapted = self._background, self._background.copy()
        self._around_learnt = _lowest_and_highest(self._learnt)
        self._light = _Light(self._background)
        self._is_known = np.ones(background.shape, bool)
        self._number = 0  # of the next frame
        self.other_view = False

    @property
    def background(self) -> np.ndarray:
        """The background where the camera shows it now, `(height, width)` float32, 0 to 255."""
        return self._learnt

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Finds the foreground of the next frames.

        Args:
            frames: `(n, height, width)` float32 in [0, 1].

        Returns:
            The same shape, bool, True where something differs from the background.
        """
        found = np.zeros(frames.shape, bool)
        for number, frame in enumerate(frames):
            levels = frame * np.float32(255)
            if self._number % self._second == 0:
                self._follow(levels)
            self._number += 1
            if self.other_view:
                continue
            usual = self._light.undo(levels)
            if usual is not None:
                found[number] = self._find(usual)
        return found

    def _find(self, levels: np.ndarray) -> np.ndarray:
        """Finds the foreground of a frame in the light of the background, in grey levels."""
        difference = np.minimum(
            _beyond(levels, *self._around_learnt),
            _beyond(levels, *_lowest_and_highest(self._adapted)),
        )
        blurred = cv2.blur(difference, (NEIGHBOURS_PX, NEIGHBOURS_PX))
        found = (blurred > FOREGROUND_LEVELS) & self._is_known
        change = np.clip(levels - self._adapted, -self._step, self._step)
        # With its outline, from which it would be eaten up otherwise.
        staying = cv2.dilate(found.view(np.uint8), SQUARE).view(bool)
        np.multiply(change, STAYING_PER_SEC / ADAPTATION_PER_SEC, out=change, where=staying)
        self._adapted += change
        return found

    def _follow(self, levels: np.ndarray) -> None:
        """Sees where the camera shows the background now, and whether it does."""
        self._shifts.append(picture_shift(levels, self._background))
        shift = np.median(self._shifts, axis=0).round()
        if not np.array_equal(shift, self._shift):
            self._move(levels, shift)
        self._correlations.append(_correlation(levels, self._learnt))
        self.other_view = bool(np.median(self._correlations) < LEAST_CORRELATION)

    def _move(self, levels: np.ndarray, shift: np.ndarray) -> None:
        """Moves the background, if it is more like a frame then."""
        moved = shifted(self._background, shift)
        if _correlation(levels, moved) > _correlation(levels, self._learnt):
            self._adapted = shifted(self._adapted, shift - self._shift)
            self._learnt, self._light, self._shift = moved, _Light(moved), shift
            self._around_learnt = _lowest_and_highest(moved)
            # Nothing is known of what has come into the picture at its border.
            everywhere = np.ones(levels.shape, np.float32)
            self._is_known = shifted(everywhere, shift, cv2.BORDER_CONSTANT) > 0


class _Light:
    """Undoes changes of light and exposure, which show in the dark and in the bright pixels.

    Args:
        background: `(height, width)` float32, 0 to 255.
    """

    def __init__(self, background: np.ndarray) -> None:
        samples = background[::SAMPLING, ::SAMPLING]
        self._dark = samples <= np.quantile(samples, 0.3)
        self._bright = samples >= np.quantile(samples, 0.7)
        self._dark_level = float(np.median(samples[self._dark]))
        self._bright_level = float(np.median(samples[self._bright]))

    def undo(self, levels: np.ndarray) -> np.ndarray | None:
        """Returns a frame as it would look in the light of the background, in grey levels.

        It is None if the frame has lost all contrast, as behind a covered lens or in the dark.
        """
        dark, bright = self._levels_of(levels)
        contrast = self._bright_level - self._dark_level
        if bright - dark < LEAST_CONTRAST <= contrast:
            return None
        gain = 1.0
        if min(contrast, bright - dark) >= LEAST_CONTRAST:
            gain = float(np.clip(contrast / (bright - dark), 1 / MOST_GAIN, MOST_GAIN))
        middle = (self._dark_level + self._bright_level) / 2
        return (levels - np.float32((dark + bright) / 2)) * np.float32(gain) + np.float32(middle)

    def _levels_of(self, levels: np.ndarray) -> tuple[float, float]:
        """Returns the median of the dark pixels and of the bright ones, in grey levels."""
        samples = levels[::SAMPLING, ::SAMPLING]
        return float(median(samples[self._dark])), float(median(samples[self._bright]))


def _lowest_and_highest(background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the lowest and the highest level of the background around each pixel."""
    return cv2.erode(background, SQUARE), cv2.dilate(background, SQUARE)


def _beyond(levels: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Returns how far each pixel is below the lowest or above the highest level; 0 in between."""
    return np.maximum(cv2.max(levels - highest, lowest - levels), 0)


def picture_shift(frame: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Measures by how many pixels a frame shows the background to the right and further down.

    Args:
        frame: `(height, width)` float32 of any range.
        background: Of the same shape and range.

    Returns:
        `(2,)` float64; 0 where it cannot be measured.
    """
    window = cv2.createHanningWindow(frame.shape[::-1], cv2.CV_32F)
    # OpenCV multiplies its arguments by the window in their place if they have certain sizes.
    shift, _ = cv2.phaseCorrelate(background.copy(), frame.copy(), window)
    return np.nan_to_num(np.array(shift))


def shifted(
    picture: np.ndarray, shift: np.ndarray, border: int = cv2.BORDER_REPLICATE
) -> np.ndarray:
    """Moves a picture by some pixels to the right and further down.

    Args:
        picture: `(height, width)` float32.
        shift: `(2,)` float64; see `picture_shift`.
        border: What comes in at the border, as OpenCV names it.
    """
    move = np.column_stack((np.eye(2), shift))
    return cv2.warpAffine(picture, move, picture.shape[::-1], borderMode=border)


def _correlation(levels: np.ndarray, background: np.ndarray) -> float:
    """Returns the correlation of two pictures; 1 if one of them has no contrast."""
    one, other = (picture[::SAMPLING, ::SAMPLING].ravel() for picture in (levels, background))
    contrast = one.std() * other.std()
    return (
        float(np.mean((one - one.mean()) * (other - other.mean())) / contrast) if contrast else 1.0
    )
