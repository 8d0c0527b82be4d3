"""Learns what is normal in a regime from footage as it comes, such as a camera's first night.

First the background is learnt, then what happens in front of it is measured as in a calibration.
Nobody has said that all of it is normal. Seconds that stand out from the others are left out: what
happens once, in one of many seconds, does not become normal. What goes on all the time does.
"""

import contextlib
import dataclasses
from collections.abc import Iterable
from contextlib import AbstractContextManager

import numpy as np

from abnormal.frames.gaps import Gap
from abnormal.inference.cell_file import CellFile, open_cell_file
from abnormal.inference.normal_video import CellRecorder, MeasuredVideo, NormalVideo, judge
from abnormal.inference.regimes import LEFT, SAME
from abnormal.inference.stream import CellStream
from abnormal.scoring.folds import lengths_sec, levels_from_all, levels_from_other_folds
from abnormal.scoring.learn_normality import learn_normality
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.residual import ClipResidual
from abnormal.video.background import ForegroundDetector, learn_background
from abnormal.video.view import View, shrink

BACKGROUND_SEC = 90.0
"""The background is learnt from so many seconds."""

SAMPLE_SEC = 1.5
"""A picture is taken for the background once in so many seconds."""

MEASURE_SEC = 420.0
"""What happens in front of it is measured for so many seconds."""

LOST_SEC = 30.0
"""If the view that is being learnt is not there for so many seconds, learning begins anew."""

USUAL_SHARE, ODD_RATIO = 0.95, 2.0
"""A second is odd if a score is more than `ODD_RATIO` times as far above its normal level as it is
in `USUAL_SHARE` of all seconds."""


class RegimeLearner:
    """Learns one regime of one camera. Its memory does not grow with time.

    What is measured waits in a temporary file, 8 kB for each frame at 227x227 pixels.

    Args:
        fps: Frames per second.

    Attributes:
        background: `(size, size)` uint8; None until it has been learnt.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._files = contextlib.ExitStack()
        self.start_anew()

    def start_anew(self) -> None:
        """Forgets what has been seen so far."""
        self._files.close()
        self._samples: list[np.ndarray] = []
        self._number = self._lost = self._measured = 0  # in frames
        self.background: np.ndarray | None = None
        self._is_after_gap = False

    @property
    def left_sec(self) -> float:
        """How many seconds of calm footage are missing."""
        missing = BACKGROUND_SEC - len(self._samples) * SAMPLE_SEC if self.background is None else 0
        return max(0.0, missing) + MEASURE_SEC - self._measured / self._fps

    def skip(self) -> None:
        """Leaves a gap, for frames that cannot be learnt from."""
        self._is_after_gap = True

    def add(self, frames: np.ndarray, residual: ClipResidual) -> bool:
        """Adds the new frames of the next clip.

        Args:
            frames: The new frames, `(n, size, size)` uint8, also where nothing counts.
            residual: The completed residual of the clip.

        Returns:
            Whether enough has been seen to `learn`.

        Raises:
            CannotWriteError: The disk for temporary files is full.
        """
        if self.background is None:
            self._take_samples(frames)
        elif self._is_there(frames):
            self._measure(frames, residual, self._begin_part())
        return self._measured >= MEASURE_SEC * self._fps

    def learn(self) -> Normality:
        """Learns from all that was added, which takes some seconds; nothing can be added then."""
        assert self.background is not None, "there is nothing to learn from yet"
        video = NormalVideo("", "", _no_frames, self._measured, True, self._gaps)
        with self._files:
            measured = self._recorder.finish(video, {})
            return _learn(measured, self._file, self.background, self._fps)

    def _take_samples(self, frames: np.ndarray) -> None:
        every = max(1, round(SAMPLE_SEC * self._fps))
        for frame in frames:
            if self._number % every == 0:
                self._samples.append(frame.copy())
            self._number += 1
        if len(self._samples) * SAMPLE_SEC < BACKGROUND_SEC:
            return
        background = learn_background(np.stack(self._samples))
        view = View(background)
        # A camera that was still turning has no background, and a covered lens has no structure.
        if view.is_plain or view.likeness(shrink(self._samples[-1])) < SAME:
            self.start_anew()
            return
        self.background, self._view, self._samples = background, view, []
        self._file: CellFile = self._files.enter_context(open_cell_file(tuple(LOCAL_SCORES)))
        self._recorder = CellRecorder(self._file, self._fps)
        self._foreground = ForegroundDetector(background, self._fps)
        self._cells, self._gaps = CellStream(self._fps), list[Gap]()

    def _is_there(self, frames: np.ndarray) -> bool:
        if self._view.likeness(shrink(frames[-1]), LEFT) >= LEFT:
            self._lost = 0
            return True
        self.skip()
        self._lost += len(frames)
        if self._lost > LOST_SEC * self._fps:
            self.start_anew()
        return False

    def _begin_part(self) -> CellStream:
        if self._is_after_gap and self._measured:
            self._cells = CellStream(self._fps)
            self._gaps.append(Gap(self._measured, 0.0))
        self._is_after_gap = False
        return self._cells

    def _measure(self, frames: np.ndarray, residual: ClipResidual, cells: CellStream) -> None:
        found = np.zeros(residual.frames.shape, bool)
        found[residual.new] = self._foreground(frames / np.float32(255))
        self._recorder.add(cells.add(dataclasses.replace(residual, foreground=found)))
        self._measured += len(residual.new_positions)


def _no_frames() -> AbstractContextManager[Iterable[np.ndarray]]:
    """Opens no frames, as all that was measured is in the file."""
    return contextlib.nullcontext(())


def _learn(
    measured: MeasuredVideo, file: CellFile, background: np.ndarray, fps: float
) -> Normality:
    """Learns what is normal from the seconds that do not stand out."""
    usual = ~_odd_seconds(measured)
    maxima = [{name: values[usual] for name, values in measured.maxima.items()}]
    levels = levels_from_all(maxima)
    (by_others,) = levels_from_other_folds(maxima)
    others = iter(by_others)
    of_seconds = [next(others) if is_usual else levels for is_usual in usual]
    ratios = judge(measured, of_seconds, file, fps)
    frames = np.repeat(usual, max(1, round(fps)))
    kept = {name: values[frames[: len(values)]] for name, values in ratios.items()}
    normality, _ = learn_normality(levels, [kept], background, fps)
    return normality


def _odd_seconds(measured: MeasuredVideo) -> np.ndarray:
    """Says for each second, `(seconds,)` bool, whether something stands out from the others."""
    (seconds,) = lengths_sec([measured.maxima])
    (levels,) = levels_from_other_folds([measured.maxima])
    is_odd = np.zeros(seconds, bool)
    for name, maxima in measured.maxima.items():
        furthest = np.array(
            [
                (of_second / level[name]).max()
                for of_second, level in zip(maxima, levels, strict=True)
            ]
        )
        is_odd |= furthest > ODD_RATIO * np.quantile(furthest, USUAL_SHARE)
    return is_odd
