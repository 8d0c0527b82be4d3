"""Scores every frame of a video with a model."""

import contextlib
import dataclasses
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.inference.detector import Detector
from abnormal.inference.regimes import RegimeWatch, silenced, split_at_regimes
from abnormal.inference.score import TakeScored, frame_scores, residuals
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.stream import (
    FrameScorer,
    ResidualStream,
    ScoredFrames,
    concatenated,
    open_stream,
    renumber_things,
)
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.localisation import DEFAULT_LOCALISER, Localiser, Sink
from abnormal.scoring.normality import Normality
from abnormal.scoring.residual import ClipResidual

Watch = Callable[[Iterable[np.ndarray]], Iterable[np.ndarray]]
"""Wraps the iterator over the frames of a video, for example to show progress."""

OpenSink = Callable[[ModelFrames], AbstractContextManager[Sink | None]]
"""Opens the sink for the frames of a video that has been opened; None if there is none."""

NOT_LEARNT = (
    "nothing can be said of %.0f s, in which it shows a view or a light that the normal footage of "
    "its camera does not show; calibrate on footage that shows it, too"
)
"""Note on a video of which a part shows no regime that the model knows."""


class Wanted(NamedTuple):
    """What is wanted of a video.

    Attributes:
        alarm: The alarm; None for all scores. If its score is not local, local scores are left
            out, unless there are labels to compare all scores with.
        ignored: `(height, width)` bool of any size, True where nothing counts; None if everything
            counts.
        localiser: Finds the anomalous pixels.
    """

    alarm: Alarm | None = None
    ignored: np.ndarray | None = None
    localiser: Localiser = DEFAULT_LOCALISER


EVERYTHING = Wanted()


def score_video(
    detector: Detector,
    video: InputVideo,
    wanted: Wanted = EVERYTHING,
    watch: Watch = iter,
    open_sink: OpenSink = lambda opened: contextlib.nullcontext(),
) -> tuple[ScoredVideo, list[str]]:
    """Scores every frame of a video.

    Args:
        detector: The model.
        video: The video.
        wanted: What is wanted of it.
        watch: Wraps the iterator over the frames.
        open_sink: Opens the sink that receives all frames with their anomalous pixels.

    Returns:
        The scores, and notes on what was wrong with the video.

    Raises:
        AbnormalError: The video cannot be read.
    """
    info, alarm = detector.info, wanted.alarm and wanted.alarm.for_camera(video.camera)
    with video.open_frames(info.size, info.fps) as opened, open_sink(opened) as sink:
        labels, fps = video.read_labels(), opened.fps
        local = labels is not None or alarm is None or alarm.is_local
        regimes = detector.regimes(video.camera) if local else []
        scored = _score_parts(
            detector,
            dataclasses.replace(opened, frames=iter(watch(opened.frames))),
            regimes,
            partial(open_stream, fps=fps, ignored=detector.at_size(wanted.ignored)),
            partial(FrameScorer, fps, positions=detector.calibration.positions, alarm=alarm),
            _localise_into(sink, wanted.localiser) if sink else None,
        )
        return ScoredVideo(
            name=video.name,
            fps=fps,
            labels=labels,
            situation=video.situation,
            camera=video.camera,
            gaps=tuple(opened.gaps),
            clip_length=info.clip_length,
            **vars(scored),
        ), opened.notes


def _score_parts(
    detector: Detector,
    opened: ModelFrames,
    regimes: Sequence[Normality],
    open_part: Callable[[Normality | None], ResidualStream],
    make_scorer: Callable[[Normality | None], FrameScorer],
    take: TakeScored | None,
) -> ScoredFrames:
    """Scores the parts of a video between its gaps and changes of regime, each by itself."""
    parts, unknown = list[ScoredFrames](), 0
    follow = RegimeWatch(regimes, opened.fps)
    for part in split_at_regimes(opened.frames, opened.gaps, follow):
        normality = regimes[part.regime or 0] if regimes else None
        clips = _residuals(detector, part.frames, open_part(normality))
        scored = frame_scores(clips, make_scorer(normality), take)
        count = len(next(iter(scored.causal.values())))
        unknown += sum(not seen.is_known for seen in part.seen[:count])
        parts.append(silenced(scored, part.is_sure(count)))
    if not parts:
        raise AbnormalError("No frame of it could be read.")
    if unknown >= opened.fps:
        opened.notes.append(NOT_LEARNT % (unknown / opened.fps))
    return concatenated(renumber_things(parts))


def _residuals(
    detector: Detector, frames: Iterable[np.ndarray], stream: ResidualStream
) -> Generator[ClipResidual]:
    """Returns the residuals of a video's clips; see `abnormal.inference.score.residuals`."""
    length, still = detector.info.clip_length, detector.still_clips()
    return residuals(frames, detector.reconstruct, length, stream, detector.overlap, still)


def _localise_into(sink: Sink, localiser: Localiser) -> TakeScored:
    """Returns a function that finds the anomalous pixels of frames and gives them to a sink."""

    def take(frames: np.ndarray, reconstruction: np.ndarray, scored: ScoredFrames) -> None:
        localised = localiser.localise(frames, reconstruction)
        sink(dataclasses.replace(localised, causal=scored.causal))

    return take
