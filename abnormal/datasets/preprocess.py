"""Extracts the frames of all videos of a data set into `img/`, and downloads it first if asked."""

import dataclasses
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abnormal import checks
from abnormal.datasets.cameras import name_cameras
from abnormal.datasets.download import DOWNLOADS, download
from abnormal.datasets.extract import LEFT_OUT, Extraction, extract_all
from abnormal.datasets.find import find_videos
from abnormal.datasets.layouts import AUTO, DATASETS
from abnormal.datasets.rates import with_common_rate
from abnormal.datasets.source import TESTING, TRAINING, SourceVideo
from abnormal.datasets.stale import describe_others, find_stale
from abnormal.datasets.walk import PassedOver
from abnormal.errors import AbnormalError, require_one_of
from abnormal.files import make_folder, natural_key
from abnormal.frames.leaks import Leak, find_leaks
from abnormal.frames.manifest import MOST_FPS, write_manifest
from abnormal.frames.rates import warn_of_different_rates
from abnormal.names import LARGEST_SIZE
from abnormal.progress import Progress
from abnormal.tasks.choose import open_runner
from abnormal.tasks.cores import available_cores

MOST_WORKERS = 10_000
"""Largest number of processes."""

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
            `with_common_rate` chooses if they differ.
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


def preprocess_options(
    videos: str | Path | None, img: Path, dataset: str, choices: Mapping[str, Any]
) -> PreprocessOptions:
    """Returns the options of preprocessing.

    Args:
        videos: See `PreprocessOptions`.
        img: See `PreprocessOptions`.
        dataset: See `PreprocessOptions`.
        choices: The other attributes of `PreprocessOptions` that are not to have their defaults;
            paths and patterns may be texts.

    Raises:
        AbnormalError: A name is not known, a size is out of range, or a pattern is no pattern.
    """
    said = {name: value for name, value in choices.items() if value is not None}
    require_one_of("dataset", dataset, DATASETS)
    require_one_of("split", said.get("split"), (None, TRAINING, TESTING))
    require_one_of("download", said.get("download"), (None, *DOWNLOADS))
    try:
        checks.whole("size", said.get("size", 1), 1, LARGEST_SIZE)
        checks.whole("workers", said.get("workers", 1), 1, MOST_WORKERS)
        checks.number("fps", said.get("fps", 1), 1e-6, MOST_FPS)
        if "camera_from" in said:
            said["camera_from"] = re.compile(said["camera_from"])
    except (ValueError, re.error) as error:
        raise AbnormalError(f"The frames cannot be made: {error}.") from None
    if "labels" in said:
        said["labels"] = Path(said["labels"])
    workers = {"workers": available_cores()}
    folder = Path(videos) if videos is not None else None
    return PreprocessOptions(folder, img, dataset, **workers | said)


@dataclass(frozen=True)
class PreprocessResult:
    """The outcome of preprocessing.

    Attributes:
        img: The folder of frames.
        extractions: The outcome for each video, ordered by split and name.
        damaged: Messages about other videos in the folder, whose records cannot be read or which an
            earlier run could not extract again. They are left out of the manifest.
        leaks: Test videos that share footage with a training video.
        stale: Messages about frames whose source is not among the videos any more.
        others: Says which other frames are in the folder; empty if there are none.
        passed_over: What else lies beside the videos.
        label_notes: Messages about labels without a video, and videos without labels.
    """

    img: Path
    extractions: list[Extraction]
    damaged: list[str]
    leaks: list[Leak]
    stale: list[str]
    others: str
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
        others = (self.damaged, self.leaks, self.stale, self.passed_over.unread, self.label_notes)
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
        videos = with_common_rate(videos, options.img)
    extractions = _extract(options, videos)
    extractions.sort(key=lambda done: (done.video.split, natural_key(done.video.name)))
    records, damaged = write_manifest(options.img)
    told = {extraction.problem for extraction in extractions}
    names = tuple(f"{done.video.split}/{done.video.name}: " for done in extractions)
    damaged = [text for text in damaged if text not in told and not text.startswith(names)]
    warn_of_different_rates(records)
    stale = find_stale(options.img, records, options.videos, found.videos)
    others = describe_others(options.img, records, options.videos, found.videos)
    leaks = find_leaks(options.img, records)
    return PreprocessResult(
        *(options.img, extractions, damaged, leaks, stale, others), found.passed_over, found.notes
    )


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
