"""Scores all test videos with all models, in this process or on the workers of a scheduler."""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path

from abnormal.detection.job import Job
from abnormal.detection.options import DetectionOptions
from abnormal.detection.unfinished import Unfinished, identity_of_run
from abnormal.detection.video import score_and_draw
from abnormal.detection.video_result import LeftOut, VideoResult
from abnormal.detection.worker import model_files, score_on_worker
from abnormal.errors import AbnormalError, write_bug_log
from abnormal.files import make_folder
from abnormal.frames.manifest import MANIFEST
from abnormal.inference.detector import Detector, open_detectors
from abnormal.inference.videos import InputVideo, source_videos, stored_videos
from abnormal.progress import Progress
from abnormal.tasks.choose import open_runner
from abnormal.tasks.local import in_threads
from abnormal.tasks.run import RunTasks, WorkerDiedError
from abnormal.video.zone import read_zone

VIDEOS_AT_A_TIME = 2
"""Number of videos in work at the same time: one is drawn while the next one is scored."""

log = logging.getLogger(__name__)

Outcome = VideoResult | LeftOut | WorkerDiedError
"""The result of a video, or why there is none."""

Keep = Callable[[InputVideo, Outcome], None]
"""Receives each video and its outcome."""


@dataclasses.dataclass(frozen=True)
class Detections:
    """The results of all videos.

    Attributes:
        job: What was done with each video.
        detectors: The models by name.
        results: The results of the videos that could be scored, by the name of the video and in
            the order of the videos.
        left_out: Why the other videos could not be scored, by their names.
        unfinished: Keeps the results until they are written; None if they are not written.
        videos_left: Number of videos that are still to be scored.
    """

    job: Job
    detectors: Mapping[str, Detector]
    results: Mapping[str, VideoResult]
    left_out: Mapping[str, LeftOut | WorkerDiedError] = dataclasses.field(default_factory=dict)
    unfinished: Unfinished | None = None
    videos_left: int = 0

    @property
    def has_bug(self) -> bool:
        """Whether a video was left out, or its figures are not complete, for an unknown reason."""
        figure_errors = [result.figure_error for result in self.results.values()]
        return any(getattr(video, "details", "") for video in self.left_out.values()) or any(
            error and not isinstance(error, AbnormalError) for error in figure_errors
        )


def detect(
    options: DetectionOptions, publish: Callable[[Detections], None] = lambda so_far: None
) -> Detections:
    """Scores all test videos, and draws the plots, pictures and videos of each.

    A run that was killed goes on with the videos that are missing, and gives the same results as
    one that was not.

    Args:
        options: The options of the run.
        publish: Receives the results so far whenever a video is done and others are not.

    Raises:
        AbnormalError: A model cannot be used, no video can be scored, or the results cannot be
            written.
    """
    started_sec = time.time()
    if options.scheduler:
        options = _with_absolute_paths(options)
    # Each worker chooses the runtime by itself, by what is installed there.
    runtime = "keras" if options.scheduler else options.runtime
    detectors = open_detectors(options.models, runtime, options.hop, options.exact)
    videos = find_videos(options)
    if options.zone:
        read_zone(options.zone)
    job = _job(options, detectors)
    if options.source:
        _require_one_rate(detectors)
    make_folder(options.output)
    if not options.scheduler:
        for name, detector in detectors.items():
            log.info("%s: computed by %s", name, detector.runtime)
    with open_runner(options.scheduler, _input_files(options), options.output) as elsewhere:
        if elsewhere:
            models = model_files(list(detectors), options)
            task = partial(score_on_worker, models, job)
            score = partial(_score_elsewhere, elsewhere, task, job)
        else:
            score = partial(score_videos, job, detectors)
        models_by_name = dict(zip(detectors, options.models, strict=True))
        identity = identity_of_run(job, detectors, models_by_name, options.runtime)
        unfinished = Unfinished(job, identity, started_sec)
        found = Detections(job, detectors, {}, {}, unfinished)
        outcomes = _score_missing(score, videos, found, publish)
    left_out = {
        name: outcome for name, outcome in outcomes.items() if not isinstance(outcome, VideoResult)
    }
    return Detections(job, detectors, results_of(outcomes), left_out, unfinished)


def _input_files(options: DetectionOptions) -> list[Path]:
    """Lists the files that each worker has to be able to read."""
    files = [*(path.absolute() for path in options.models)]
    files += [options.source or options.img / MANIFEST]
    return files + ([options.zone] if options.zone else [])


def _score_missing(
    score: Callable[[Sequence[InputVideo], Keep], dict[str, Outcome]],
    videos: Sequence[InputVideo],
    nothing: Detections,
    publish: Callable[[Detections], None],
) -> dict[str, Outcome]:
    """Scores the videos that a run that was killed has not scored already."""
    unfinished = nothing.unfinished
    assert unfinished is not None
    found = unfinished.results(videos)
    if found:
        log.info(
            "going on with a run that was interrupted: %d of %d videos are scored already",
            *(len(found), len(videos)),
        )
    missing = [video for video in videos if video.name not in found]
    done = dict(found)

    def keep(video: InputVideo, outcome: Outcome) -> None:
        unfinished.keep(video, outcome)
        if isinstance(outcome, VideoResult):
            done[video.name] = outcome
            results = {each.name: done[each.name] for each in videos if each.name in done}
            left = len(videos) - len(results)
            if left:
                publish(dataclasses.replace(nothing, results=results, videos_left=left))

    outcomes = found | (score(missing, keep) if missing else {})
    return {video.name: outcomes[video.name] for video in videos}


def find_videos(options: DetectionOptions) -> list[InputVideo]:
    """Returns the videos that the options name.

    Raises:
        AbnormalError: There are no such videos.
    """
    source = options.source
    videos = source_videos(source) if source else stored_videos(options.img)
    if options.camera:
        videos = [dataclasses.replace(video, camera=options.camera) for video in videos]
    return videos


def score_videos(
    job: Job,
    detectors: Mapping[str, Detector],
    videos: Sequence[InputVideo],
    keep: Keep = lambda video, outcome: None,
) -> dict[str, Outcome]:
    """Scores videos in this process, and draws each one while the next one is scored.

    Args:
        job: What is to be done with each video.
        detectors: The models by name.
        videos: The videos.
        keep: Is called with each video and its outcome as soon as that is known.

    Returns:
        The outcome of each video, by its name and in the order of the videos.
    """
    outcomes: dict[str, Outcome] = {}
    unwanted = threading.Event()
    with _progress(job, videos) as progress:

        def tick(frames: int) -> None:
            if unwanted.is_set():
                raise CancelledError  # the run has ended early, and nobody waits for the video
            progress.advance(frames)

        task = partial(score_and_draw, job, detectors, tick=tick)
        for video, outcome in in_threads(VIDEOS_AT_A_TIME, unwanted)(task, videos):
            keep(video, outcome)
            outcomes[video.name] = outcome
    return {video.name: outcomes[video.name] for video in videos}


def results_of(outcomes: Mapping[str, Outcome]) -> dict[str, VideoResult]:
    """Returns the results of the videos that could be scored, and logs what was wrong.

    Args:
        outcomes: The outcome of each video by its name.

    Raises:
        AbnormalError: No video could be scored.
    """
    results = {}
    for name, outcome in outcomes.items():
        if isinstance(outcome, VideoResult):
            results[name] = outcome
            for note in outcome.notes:
                log.info("  %s: %s", name, note)
        else:
            log.error("  left out: %s: %s", name, problem_of(outcome))
            if details := getattr(outcome, "details", ""):
                log.error("  Details are in %s", write_bug_log(details))
    if not results:
        raise AbnormalError("No video could be scored: see above.")
    return results


def problem_of(outcome: LeftOut | WorkerDiedError) -> str:
    """Returns the reason why a video could not be scored."""
    return outcome.problem if isinstance(outcome, LeftOut) else str(outcome)


def _score_elsewhere(
    run: RunTasks,
    task: partial[VideoResult | LeftOut],
    job: Job,
    videos: Sequence[InputVideo],
    keep: Keep,
) -> dict[str, Outcome]:
    """Scores videos on workers; see `score_videos` for what is returned."""
    outcomes: dict[str, Outcome] = {}
    with _progress(job, videos) as progress:
        for video, outcome in run(task, videos):
            keep(video, outcome)
            outcomes[video.name] = outcome
            progress.advance(_steps(job) * video.frames)
    return {video.name: outcomes[video.name] for video in videos}


def _progress(job: Job, videos: Sequence[InputVideo]) -> Progress:
    """Opens a bar on which each frame counts once for each model, and once more if it is drawn."""
    known = all(video.frames for video in videos)
    total = _steps(job) * sum(video.frames for video in videos) if known else 0
    return Progress("frames", total, "scoring and drawing" if job.figures else "scoring")


def _steps(job: Job) -> int:
    return len(job.alarms) * (2 if job.figures else 1)


def _with_absolute_paths(options: DetectionOptions) -> DetectionOptions:
    """Returns the options with absolute paths, because workers run in another current folder."""
    absolute: dict[str, Path] = {
        name: path.absolute()
        for name in ("img", "source", "zone", "output")
        if (path := getattr(options, name))
    }
    return dataclasses.replace(options, **absolute)  # type: ignore[arg-type]


def _job(options: DetectionOptions, detectors: Mapping[str, Detector]) -> Job:
    return Job(
        alarms={
            name: detector.alarm(options.score, options.threshold, options.false_alarms_per_hour)
            for name, detector in detectors.items()
        },
        localiser=options.localiser,
        zone=options.zone,
        output=options.output,
        figures=options.figures,
        false_alarms_per_hour=options.false_alarms_per_hour,
        panels=options.panels,
        only_events=options.only_events,
    )


def _require_one_rate(detectors: Mapping[str, Detector]) -> None:
    """Makes sure that all models have the same frame rate, to which the source is resampled."""
    rates = {name: detector.info.fps for name, detector in detectors.items()}
    if len(set(rates.values())) > 1:
        shown = ", ".join(f"{name} {rate:g}" for name, rate in rates.items())
        raise AbnormalError(
            f"The models were trained at different frame rates ({shown}), so the frames that they "
            "score would not be the same. Test each model by itself, or all of them on --img."
        )
