"""Examines what a calibrated model finds, with things of the camera's own normal footage.

Things are cut out of one piece of normal footage, made faster, larger, put elsewhere, or made to
stand, and put into another piece. That needs no labels. It tells which kinds of events this camera
would find at the default threshold. Nothing is tuned by it.
"""

import collections
import dataclasses
import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from abnormal.files import natural_key
from abnormal.inference.cut_out import (
    SHORTEST_SEC,
    Thing,
    View,
    cut_out_things,
    elsewhere,
    faster,
    larger,
    put_into,
    standing,
)
from abnormal.inference.normal_video import NormalVideo
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.stream import FrameScorer, open_stream
from abnormal.names import FUSED
from abnormal.progress import Progress
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.cells import CELL_PX
from abnormal.scoring.normality import Normality
from abnormal.video.background import ForegroundDetector

TRIALS = 10
"""Number of trials of each kind, for each camera."""

LEAD_SEC = 2.0
"""Normal footage before each trial, in seconds."""

LONGEST_SEC = 4.0
"""Longest time for which something moves in a trial, in seconds, before it is made faster."""

FADE_SEC = 0.5
"""Time in which a thing appears, in seconds."""

STANDING_SEC = 20.0
"""Time for which something stands in a trial, in seconds."""

SETTLED_SEC = 0.5
"""Time after which its appearance no longer shows in the smoothed scores, in seconds."""

PIECE_SEC = 8.0
"""Length of the pieces of footage, in seconds. Longer trials run it backwards and forwards."""

ENOUGH_SEC = 100.0
"""Less normal footage of a camera, in seconds, is not examined. It has too few different things."""

FAST, LARGE = "twice as fast", "twice as large"
ELSEWHERE, STANDS = "where hardly anything moves", f"stands for {STANDING_SEC:g} s"
KINDS = (FAST, LARGE, ELSEWHERE, STANDS)
"""The kinds of trials: what is unusual about a thing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Piece:
    """A piece of normal footage.

    Attributes:
        frames: `(n, size, size)` uint8.
        usual: `(size, size)` float64 in [0, 1], how often each pixel is in the foreground.
        things: What moves in it, each alone.
    """

    frames: np.ndarray
    usual: np.ndarray
    things: list[Thing]


def examine(
    reconstruct: Reconstruct,
    clip_length: int,
    fps: float,
    videos: Sequence[NormalVideo],
    calibration: Calibration,
) -> Calibration:
    """Examines what a model finds at each of its cameras.

    Args:
        reconstruct: The network.
        clip_length: Number of frames in a clip.
        fps: Frames per second.
        videos: The normal footage that the model was calibrated on.
        calibration: What was learnt from it.

    Returns:
        The calibration with the results. A camera with too little footage, or in whose footage
        nothing moves alone, has none.
    """
    alarm, exams = calibration.alarm(FUSED), {}
    videos = sorted(videos, key=lambda video: natural_key(video.name))
    for camera, normality in calibration.cameras.items():
        of_camera = [v for v in videos if v.camera == camera and v.name in calibration.videos]
        of_whom = f" of {camera}" if camera else ""
        if normality.background is None:
            continue
        if normality.frames < ENOUGH_SEC * fps:
            log.info(
                "no exam%s: it takes %.0f s of normal footage, and there are %.0f s",
                *(of_whom, ENOUGH_SEC, normality.frames / fps),
            )
            continue
        examiner = _Examiner(
            *(reconstruct, clip_length, fps), *(normality, normality.background, alarm)
        )
        if results := examiner.examine(of_camera):
            exams[camera] = results
        else:
            log.info(
                "no exam%s: in the normal footage, nothing was seen to move alone for %.0f s",
                *(of_whom, SHORTEST_SEC),
            )
    return dataclasses.replace(calibration, exams=exams)


class _Examiner:
    """Examines a model with the footage of one camera."""

    def __init__(
        self,
        reconstruct: Reconstruct,
        clip_length: int,
        fps: float,
        normality: Normality,
        background: np.ndarray,
        alarm: Alarm,
    ) -> None:
        self._reconstruct = reconstruct
        self._clip_length = clip_length
        self._fps = fps
        self._normality = normality
        self._background = background
        self._alarm = alarm

    def examine(self, videos: Sequence[NormalVideo]) -> dict[str, tuple[int, int]]:
        """Returns for each kind how many trials were found, and how many there were."""
        pieces = self._read_pieces(videos)
        sources = [piece for piece in pieces if piece.things]
        if not sources:
            return {}
        usual = np.mean([piece.usual for piece in pieces], axis=0)
        found = dict.fromkeys(KINDS, 0)
        with Progress("trials", TRIALS * len(KINDS), "exam") as progress:
            for trial in range(TRIALS):
                source = sources[trial % len(sources)]
                thing = source.things[trial // len(sources) % len(source.things)]
                thing = thing[: round(LONGEST_SEC * self._fps)]
                # Into another piece, if there is one.
                number = next(k for k, piece in enumerate(pieces) if piece is source)
                further = 1 + trial // len(sources) % max(1, len(pieces) - 1)
                target = pieces[(number + further) % len(pieces)]
                changed = {
                    FAST: faster(thing),
                    LARGE: larger(thing),
                    ELSEWHERE: elsewhere(thing, usual, CELL_PX, np.random.default_rng(trial)),
                    STANDS: standing(thing, round(STANDING_SEC * self._fps)),
                }
                for kind in KINDS:
                    found[kind] += self._is_found(target, changed[kind])
                    progress.advance(1)
        return {kind: (count, TRIALS) for kind, count in found.items()}

    def _is_found(self, piece: Piece, thing: Thing) -> bool:
        """Tells whether something raises an alarm at its place in a piece of footage."""
        first, fade = round(LEAD_SEC * self._fps), max(1, round(FADE_SEC * self._fps))
        settled = first + fade + round(SETTLED_SEC * self._fps)
        frames = put_into(_extended(piece.frames, first + len(thing)), thing, first, fade)
        stream = open_stream(self._normality, self._fps)
        clips = residuals(frames, self._reconstruct, self._clip_length, stream)
        scored = frame_scores(clips, FrameScorer(self._fps, self._normality))
        alarms = self._alarm.frames(scored.causal[FUSED])
        boxes = scored.boxes * frames.shape[1]  # in pixels
        return any(
            alarms[number] and _touches(boxes[number], view)
            for number, view in enumerate(thing, start=first)
            if number >= settled
        )

    def _read_pieces(self, videos: Sequence[NormalVideo]) -> list[Piece]:
        """Reads up to `TRIALS` pieces that are spread evenly over the videos."""
        chosen = np.linspace(0, len(videos) - 1, min(TRIALS, len(videos))).round().astype(int)
        count = -(-TRIALS // len(chosen))
        pieces = (piece for number in chosen for piece in self._pieces_of(videos[number], count))
        return list(itertools.islice(pieces, TRIALS))

    def _pieces_of(self, video: NormalVideo, count: int) -> Iterator[Piece]:
        length, frames_in_all = round(PIECE_SEC * self._fps), video.length
        if not frames_in_all:
            with video.open_frames() as frames:
                frames_in_all = sum(1 for _ in frames)
        between = max(0, frames_in_all // count - length)
        with video.open_frames() as frames:
            rest = iter(frames)
            while count and (part := list(itertools.islice(rest, length))):
                yield self._make_piece(np.stack(part))
                collections.deque(itertools.islice(rest, between), maxlen=0)  # leaves them out
                count -= 1

    def _make_piece(self, frames: np.ndarray) -> Piece:
        find_foreground = ForegroundDetector(self._background, self._fps)
        foreground = np.stack(
            [find_foreground(frame[None] / np.float32(255))[0] for frame in frames]
        )
        return Piece(frames, foreground.mean(axis=0), cut_out_things(frames, foreground, self._fps))


def _touches(box: np.ndarray, view: View) -> bool:
    """Tells whether a box (left, top, width, height) and a thing are at most a cell apart."""
    left, top, width, height = box
    rows, columns = view.mask.shape
    return bool(
        left - CELL_PX <= view.left + columns
        and view.left <= left + width + CELL_PX
        and top - CELL_PX <= view.top + rows
        and view.top <= top + height + CELL_PX
    )


def _extended(frames: np.ndarray, count: int) -> np.ndarray:
    """Returns so many frames. If there are fewer, they are shown backwards and forwards again."""
    there_and_back = np.concatenate((frames, frames[-2:0:-1]))
    return there_and_back[np.arange(count) % len(there_and_back)]
