"""Extracts the frames of all videos of a data set into `img/`, and downloads it first if asked."""

import dataclasses
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from abnormal.datasets.cameras import name_cameras
from abnormal.datasets.download import DOWNLOADS, download
from abnormal.datasets.extract import LEFT_OUT, Extraction, extract_all
from abnormal.datasets.find import find_videos
from abnormal.datasets.layouts import AUTO
from abnormal.datasets.rates import common_rate
from abnormal.datasets.source import SourceVideo
from abnormal.datasets.stale import find_stale
from abnormal.datasets.walk import PassedOver
from abnormal.files import make_folder, natural_key
from abnormal.frames.leaks import Leak, find_leaks
from abnormal.frames.manifest import write_manifest
from abnormal.frames.rates import warn_of_different_rates
from abnormal.progress import Progress
from abnormal.tasks.choose import open_runner

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreprocessOptions:
    """The videos to extract, and the options of the frames.

    Attributes:
        videos: A folder of videos, the folder of a data set, or a single video; None for the
            demo, which is drawn, or for a data set that is downloaded.
        img: The folder of frames.
        dataset: A name in `DATASETS`.
        split: `"training"` or `"testing"` for all videos of a plain folder. None stands for the
            split that the names of its sub-folders imply.
        labels: File or folder of labels to use instead of labels found with the videos.
        camera_from: Pattern that finds the camera in the name of each video; None to keep the
            cameras that the layout implies.
        download: Name of a data set to download first, a key of `DOWNLOADS`; None for no download.
        url: Address of a mirror for the download; None for the address of the owners.
        size: Height and width of the frames in pixels.
        fps: Frames per second of the frames; None for the frame rate of the sources, or one that
            `common_rate` chooses if they differ.
        workers: Number of processes that extract.
        scheduler: Address of a Dask scheduler whose workers extract instead of this machine.
    """

    videos: Path | None
    img: Path
    dataset: str = AUTO
    split: str | None = None
    labels: Path | None = None
    camera_from: re.Pattern[str] | None = None
    download: str | None = None
    url: str | None = None
    size: int = 227
    fps: float | None = None
    workers: int = 1
    scheduler: str | None = None


@dataclass(frozen=True)
class PreprocessResult:
    """The outcome of preprocessing.

    Attributes:
        img: The folder of frames.
        extractions: The outcome for each video, ordered by split and name.
        leaks: Test videos that share footage with a training video.
        stale: Messages about frames whose source is not among the videos any more.
        passed_over: What else lies beside the videos.
        label_notes: Messages about labels without a video, and videos without labels.
    """

    img: Path
    extractions: list[Extraction]
    leaks: list[Leak]
    stale: list[str]
    passed_over: PassedOver
    label_notes: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether no video gave usable frames."""
        return all(done.status == LEFT_OUT for done in self.extractions)

    @property
    def has_problems(self) -> bool:
        """Whether there was a problem with at least one video, or a file was not understood."""
        problems = any(done.problem for done in self.extractions)
        others = (self.leaks, self.stale, self.passed_over.unread, self.label_notes)
        return problems or any(others)

    @property
    def has_bug(self) -> bool:
        """Whether a video was left out for a reason that nobody expected."""
        return any(done.details for done in self.extractions)


def preprocess(options: PreprocessOptions) -> PreprocessResult:
    """Extracts the frames of all videos, except those whose frames exist and are up to date.

    Returns:
        The outcome, which includes problems with single videos.

    Raises:
        AbnormalError: There are no videos, or the folder of frames cannot be written to, for
            instance because the disk is full. Complete videos stay, and the next run goes on.
    """
    if options.download:
        folder = options.videos or Path(options.download)
        download(DOWNLOADS[options.download], folder, options.url)
        options = dataclasses.replace(options, videos=folder)
    if options.scheduler:
        options = _with_absolute_paths(options)
    found = find_videos(options.dataset, options.videos, options.split, options.labels)
    if options.dataset == AUTO:
        log.info("%s is read as: %s (%s)", options.videos, found.layout, found.reason)
    for note in found.notes:
        log.info("%s", note)
    videos, pattern = found.videos, options.camera_from
    if pattern:
        videos = name_cameras(videos, pattern)
    make_folder(options.img)
    if options.fps is None:
        options = dataclasses.replace(options, fps=common_rate(videos))
    extractions = _extract(options, videos)
    extractions.sort(key=lambda done: (done.video.split, natural_key(done.video.name)))
    records = write_manifest(options.img)
    warn_of_different_rates(records)
    stale = find_stale(options.img, records, options.videos, found.videos)
    leaks = find_leaks(options.img, records)
    return PreprocessResult(options.img, extractions, leaks, stale, found.passed_over, found.notes)


def _extract(options: PreprocessOptions, videos: list[SourceVideo]) -> list[Extraction]:
    extractions: list[Extraction] = []
    sources = [path for path in (options.videos, options.labels) if path]
    with (
        open_runner(options.scheduler, sources, options.img) as run,
        Progress("videos", len(videos)) as progress,
    ):
        for extraction in extract_all(
            videos, options.img, options.size, options.fps, options.workers, run
        ):
            extractions.append(extraction)
            progress.note = f"{sum(done.frames for done in extractions)} frames"
            progress.advance()
    return extractions


def _with_absolute_paths(options: PreprocessOptions) -> PreprocessOptions:
    """Makes all paths absolute, because workers have other current folders."""
    return dataclasses.replace(
        options,
        videos=options.videos and options.videos.absolute(),
        labels=options.labels and options.labels.absolute(),
        img=options.img.absolute(),
    )
