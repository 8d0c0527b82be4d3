"""Scores one video with all models, and draws its plots, pictures and videos."""

import contextlib
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from functools import partial

from abnormal.detection.job import Job
from abnormal.detection.tick import Tick, with_ticks
from abnormal.detection.video_result import LeftOut, ModelOutput, VideoResult
from abnormal.errors import AbnormalError, CannotWriteError, bug_text
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.detector import Detector
from abnormal.inference.score_video import Wanted, score_video
from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.models.backend import is_out_of_memory, memory_advice
from abnormal.scoring.localisation import DEFAULT_LOCALISER, LocalisedFrames, Sink
from abnormal.video.zone import read_zone

# In one process a video is drawn while the next one is scored. Scoring two at the same time would
# not be faster, and all plots share the style that matplotlib keeps.
_SCORING_LOCK, _DRAWING_LOCK = threading.Lock(), threading.Lock()


def score_and_draw(
    job: Job, detectors: Mapping[str, Detector], video: InputVideo, tick: Tick = lambda _: None
) -> VideoResult | LeftOut:
    """Scores a video with all models, and draws its plots, pictures and videos.

    Args:
        job: What is to be done.
        detectors: The models by name.
        video: The video.
        tick: Called for each frame. An error that it raises ends the work on the video.

    Returns:
        The result, or why there is none.

    Raises:
        AbnormalError: Something is wrong that concerns every other video, too, such as a full disk
            or too little memory.
    """
    with memory_advice("Close what else uses the memory."):
        try:
            with _SCORING_LOCK:
                outputs, notes = _score_all(job, detectors, video, tick)
        except (CannotWriteError, CancelledError):
            raise
        except (AbnormalError, OSError) as error:
            return LeftOut(str(error))
        except Exception as error:  # whatever is wrong with one video, the others are scored
            if is_out_of_memory(error):
                raise
            return LeftOut(bug_text(error), traceback.format_exc())
        figure_error = None
        if job.figures:
            try:
                from abnormal.detection.drawing import draw_video  # Matplotlib takes half a second

                with _DRAWING_LOCK:
                    draw_video(job, detectors, video, outputs, tick)
            except Exception as error:  # the scores are kept even if a plot cannot be drawn
                figure_error = error
    return VideoResult(outputs, tuple(sorted(notes)), figure_error)


def _score_all(
    job: Job,
    detectors: Mapping[str, Detector],
    video: InputVideo,
    tick: Tick,
) -> tuple[dict[str, ModelOutput], set[str]]:
    """Returns the output of each model by its name, and what was wrong with the video."""
    masks = video.read_masks() if job.localiser else None
    ignored = read_zone(job.zone) if job.zone else None
    outputs, notes = {}, set()
    for name, detector in detectors.items():
        alarm = job.alarms[name]
        detector.require(alarm.score, video.camera)
        notes |= {note} if (note := detector.note_on_camera(video.camera)) else set()
        localiser = detector.localiser(job.localiser or DEFAULT_LOCALISER, video.camera)
        pixels = VideoPixels(localiser)
        sinks = [pixels.sink(masks)] if job.localiser else []
        scored, found = score_video(
            detector,
            video,
            Wanted(alarm, ignored, localiser),
            partial(with_ticks, tick),
            partial(_open_sink, job, name, video, sinks),
        )
        outputs[name] = ModelOutput(scored, pixels, detector.runtime)
        notes.update(found)
    return outputs, notes


@contextlib.contextmanager
def _open_sink(
    job: Job, model: str, video: InputVideo, sinks: Iterable[Sink], opened: ModelFrames
) -> Iterator[Sink | None]:
    """Opens the sink that passes a video's frames on to all sinks; None if there are none."""
    with contextlib.ExitStack() as files:
        every = [*sinks]
        if job.figures:
            from abnormal.detection.drawing import open_panels

            every.append(files.enter_context(open_panels(job, model, video, opened)))

        def take(frames: LocalisedFrames) -> None:
            for sink in every:
                sink(frames)

        yield take if every else None
