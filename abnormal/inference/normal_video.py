"""Measures the videos of normal footage, from which a model's calibration is learnt."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.frames.gaps import Gap, split_at_gaps, stretches
from abnormal.inference.cell_file import CellFile
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.score import residuals
from abnormal.inference.stream import LOCAL_SMOOTHING_SEC, CellStream, ResidualStream
from abnormal.scoring.folds import Levels
from abnormal.scoring.local import LOCAL_SCORES, above_normal
from abnormal.scoring.localisation import BOX_SIZE, WHITE, box_sums
from abnormal.scoring.normal_level import second_maxima
from abnormal.scoring.regularity import SMOOTHING_SEC, causal_mean
from abnormal.scoring.residual import SCORES, ClipResidual
from abnormal.video.background import ForegroundDetector

log = logging.getLogger(__name__)

POSITION = "position"
"""Key under which each frame's position in its clip is kept beside the scores."""

LARGEST_BOX = "largest_box"
"""Key under which the largest difference over a box of each frame is kept beside the scores."""

Series = dict[str, np.ndarray]
"""For each score an array with one entry per frame or per second of a video."""


@dataclass(frozen=True)
class NormalVideo:
    """A video of normal footage.

    Attributes:
        name: Name of the video.
        camera: Name of the camera, or of one of its regimes (`abnormal.scoring.regime_names`);
            empty if cameras are not told apart.
        open_frames: Opens the frames, `(size, size)` uint8 each; called up to four times.
        length: Number of frames; 0 if that is not known before they are read.
        held_out: Whether the network was not trained on the video.
        gaps: The gaps between the frames that have been read so far, or more.
        is_one_view: Whether most footage of the camera shows one view.
    """

    name: str
    camera: str
    open_frames: Callable[[], AbstractContextManager[Iterable[np.ndarray]]]
    length: int
    held_out: bool
    gaps: Sequence[Gap] = ()
    is_one_view: bool = True


@dataclass(frozen=True)
class MeasuredVideo:
    """A video of normal footage with all that its calibration is learnt from.

    Attributes:
        video: The video.
        scores: For each score that is not local its values, `(n,)` float64; under `POSITION` the
            position of each frame in its clip, `(n,)` int64; and under `LARGEST_BOX` its largest
            sum over a box, `(n,)` float32, as `Localiser` computes it.
        maxima: For each local score, the largest value of each cell in each second, `(seconds,
            rows, columns)` float32.
        first: Number of its first frame in the file of cells.
        stop: Number of the frame after its last one in that file.
    """

    video: NormalVideo
    scores: Series
    maxima: Series
    first: int
    stop: int


class CellRecorder:
    """Keeps the cells of one video in a file, and their largest values of each second in memory.

    Args:
        file: Takes the cells of all local scores, and of no other video meanwhile.
        fps: Frames per second.
    """

    def __init__(self, file: CellFile, fps: float) -> None:
        self._file, self._fps = file, fps
        self._first, self._second = file.frames, max(1, round(fps))
        self._maxima: dict[str, list[np.ndarray]] = defaultdict(list)
        self._rest: Series = {}

    def add(self, cells: Series) -> None:
        """Adds the cells of the next frames, `(n, rows, columns)` for each local score.

        Raises:
            CannotWriteError: The disk is full.
        """
        self._file.append(cells)
        for name, values in cells.items():
            known = np.concatenate((self._rest[name], values)) if name in self._rest else values
            full = len(known) // self._second * self._second
            self._keep(name, known[:full])
            self._rest[name] = known[full:]

    def finish(self, video: NormalVideo, scores: Series) -> MeasuredVideo:
        """Returns all that the calibration is learnt from, after the last frame."""
        for name, values in self._rest.items():
            self._keep(name, values)
        maxima = _concatenated(self._maxima)
        return MeasuredVideo(video, scores, maxima, self._first, self._file.frames)

    def _keep(self, name: str, values: np.ndarray) -> None:
        self._maxima[name].append(second_maxima(values, self._fps).astype(np.float32))


class VideoMeter:
    """Measures the normal videos of some cameras, one after the other.

    Args:
        reconstruct: The network.
        clip_length: Number of frames in a clip.
        fps: Frames per second.
        backgrounds: For each camera's name its background, `(size, size)` uint8.
        count: Is told how many frames have been measured since the last time.
    """

    def __init__(
        self,
        reconstruct: Reconstruct,
        clip_length: int,
        fps: float,
        backgrounds: Mapping[str, np.ndarray],
        count: Callable[[int], None],
    ) -> None:
        self._reconstruct = reconstruct
        self._clip_length = clip_length
        self._fps = fps
        self._backgrounds = backgrounds
        self._count = count

    def measure_all(self, videos: Sequence[NormalVideo], file: CellFile) -> list[MeasuredVideo]:
        """Measures the videos that can be read, and logs why each of the others is left out.

        Args:
            videos: The videos.
            file: Takes the cells of all local scores.

        Raises:
            AbnormalError: None of them can be read, or the disk is full.
        """
        measured, problems = [], []
        for video in videos:
            try:
                measured.append(self._measure(video, file))
            except CannotWriteError:
                raise  # the disk is full, whatever the video
            except AbnormalError as error:
                problems.append(f"{video.name}: {error}")
                log.error("left out: %s", problems[-1])
        if not measured:
            raise AbnormalError("There is no footage to calibrate on. " + " ".join(problems))
        return measured

    def _measure(self, video: NormalVideo, file: CellFile) -> MeasuredVideo:
        scores: dict[str, list[np.ndarray]] = defaultdict(list)
        recorder = CellRecorder(file, self._fps)
        for residual, cells in self._cells(video):
            for name, score in SCORES.items():
                scores[name].append(score(residual)[residual.new])
            scores[POSITION].append(residual.new_positions)
            difference = residual.error[residual.new] * np.float32(WHITE)
            scores[LARGEST_BOX].append(box_sums(difference, BOX_SIZE).max((1, 2)))
            recorder.add(cells)
        if not scores:
            raise AbnormalError("No frame of it could be read.")
        return recorder.finish(video, _concatenated(scores))

    def _cells(self, video: NormalVideo) -> Iterator[tuple[ClipResidual, Series]]:
        """Yields the residual of each clip of a video, and the cells of its new frames."""
        background = self._backgrounds.get(video.camera)
        with video.open_frames() as frames:
            for part in split_at_gaps(frames, video.gaps):
                foreground = (
                    None if background is None else ForegroundDetector(background, self._fps)
                )
                stream, cells = ResidualStream(foreground=foreground), CellStream(self._fps)
                for residual in residuals(part, self._reconstruct, self._clip_length, stream):
                    yield residual, cells.add(residual)
                    self._count(len(residual.new_positions))


def judge(video: MeasuredVideo, levels: Sequence[Levels], file: CellFile, fps: float) -> Series:
    """Computes how far a measured video is above normal levels.

    Args:
        video: The video.
        levels: The normal levels to judge each second by.
        file: The cells of the video.
        fps: Frames per second.

    Returns:
        For each local score how far each frame is above its level, smoothed, `(n,)` float64.
    """
    ratios: dict[str, list[np.ndarray]] = defaultdict(list)
    seconds = file.read(video.first, video.stop, max(1, round(fps)))
    for cells, level in zip(seconds, levels, strict=True):
        for name, values in cells.items():
            everywhere = LOCAL_SCORES[name].everywhere
            ratios[name].append(above_normal(values, level[name], everywhere))
    return {
        name: smoothed(values, video.video, fps, LOCAL_SMOOTHING_SEC)
        for name, values in _concatenated(ratios).items()
    }


def smoothed(
    values: np.ndarray, video: NormalVideo, fps: float, seconds: float = SMOOTHING_SEC
) -> np.ndarray:
    """Returns the causal mean of a score, `(n,)` float64, which begins anew after each gap."""
    parts = between_gaps([values], [video])
    return np.concatenate([causal_mean(part, fps, seconds) for part in parts])


def between_gaps(scores: Sequence[np.ndarray], videos: Sequence[NormalVideo]) -> list[np.ndarray]:
    """Splits the scores of each video, `(n,)` float64, where it has gaps."""
    return [
        values[start:stop]
        for values, video in zip(scores, videos, strict=True)
        for start, stop in stretches(len(values), video.gaps)
    ]


def _concatenated(parts: Mapping[str, Sequence[np.ndarray]]) -> Series:
    return {name: np.concatenate(values) for name, values in parts.items()}
