"""From videos, wherever they come from, to frames under `img/`."""

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
from abnormal.datasets.source import SourceVideo
from abnormal.files import make_folder, natural_key
from abnormal.frames.leaks import Leak, find_leaks
from abnormal.frames.manifest import write_manifest
from abnormal.progress import Progress
from abnormal.tasks.choose import open_runner

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreprocessOptions:
    """What is to be extracted, and how.

    Attributes:
        videos: A folder of videos, a data set, or one video; None for what is drawn or downloaded.
        img: The folder of frames.
        dataset: A name in `DATASETS`.
        split: For all videos of a plain folder; None for what the names of its folders say.
        labels: A file or folder of labels, in place of those that lie with the videos.
        camera_from: Finds the camera in the name of a video; None where videos are not told apart.
        download: The name of a data set that is fetched first; None for none.
        url: The mirror that it is fetched from; None for where its owners have it.
        size: Height and width of the frames, in pixels.
        fps: Frames per second; None for those of the source.
        workers: How many processes extract.
        scheduler: Address of the Dask scheduler whose workers extract instead; None for this
            machine.
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
class Preprocessed:
    """What came of all videos.

    Attributes:
        img: The folder of frames.
        extractions: What came of each video, ordered by split and name.
        leaks: Test videos that are footage to train on, too.
    """

    img: Path
    extractions: list[Extraction]
    leaks: list[Leak]

    @property
    def is_empty(self) -> bool:
        """Whether no video gave a usable frame."""
        return all(done.status == LEFT_OUT for done in self.extractions)

    @property
    def has_problems(self) -> bool:
        """Whether anything was wrong with any video."""
        return bool(self.leaks) or any(done.problem for done in self.extractions)


def preprocess(options: PreprocessOptions) -> Preprocessed:
    """Extracts the frames of all videos, those that are there already excepted.

    Raises:
        AbnormalError: There is no video, or the folder of frames cannot be written to. What is
            wrong with a single video is in the result.
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
    pattern = options.camera_from
    make_folder(options.img)
    extractions = _extract(
        options, name_cameras(found.videos, pattern) if pattern else found.videos
    )
    extractions.sort(key=lambda done: (done.video.split, natural_key(done.video.name)))
    leaks = find_leaks(options.img, write_manifest(options.img))
    return Preprocessed(options.img, extractions, leaks)


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
    """The options as workers understand them, whose current folder is another one."""
    return dataclasses.replace(
        options,
        videos=options.videos and options.videos.absolute(),
        labels=options.labels and options.labels.absolute(),
        img=options.img.absolute(),
    )
