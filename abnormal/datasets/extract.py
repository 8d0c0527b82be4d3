"""Videos become frames under `img/`: several at a time, each complete or absent."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abnormal.datasets.source import TRAINING, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import remove_partial, replacing_folder, sha256
from abnormal.frames.manifest import VideoRecord, read_record, write_record
from abnormal.frames.writer import write_frames, write_labels, write_masks
from abnormal.video.resample import at_rate
from abnormal.video.stream import Frame

DEFAULT_FPS = 25.0
SHORTEST_CLIP = 10

WRITTEN, UNCHANGED, LEFT_OUT = "written", "unchanged", "left out"


@dataclass(frozen=True)
class Outcome:
    """What became of a video.

    Attributes:
        video: The source.
        status: `"written"`, `"unchanged"` (it was there already) or `"left out"`.
        frames: How many frames are under `img/`.
        problem: What was wrong, for the user; empty where nothing was.
    """

    video: SourceVideo
    status: str
    frames: int
    problem: str


def extract_all(
    videos: Sequence[SourceVideo], img: Path, size: int, fps: float | None, workers: int
) -> Iterator[Outcome]:
    """Extracts videos in parallel, and yields each one's outcome as it is done.

    A video that ends the process reading it is left out; the others are done all the same.

    Args:
        videos: What to extract.
        img: The folder of frames.
        size: Height and width of the frames, in pixels.
        fps: Frames per second wanted, or None for the source's own.
        workers: How many processes.
    """
    unfinished = []
    with _pool(min(workers, len(videos))) as pool:
        jobs = {pool.submit(extract, video, img, size, fps): video for video in videos}
        for job in as_completed(jobs):
            if isinstance(job.exception(), BrokenProcessPool):
                unfinished.append(jobs[job])
            else:
                yield job.result()
    for video in unfinished:
        yield _extract_alone(video, img, size, fps)


def _pool(workers: int) -> ProcessPoolExecutor:
    # Forked processes would inherit the locks of this one's threads.
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _extract_alone(video: SourceVideo, img: Path, size: int, fps: float | None) -> Outcome:
    with _pool(1) as pool:
        job: Future[Outcome] = pool.submit(extract, video, img, size, fps)
        if isinstance(job.exception(), BrokenProcessPool):
            return Outcome(video, LEFT_OUT, 0, "the process that read it was killed")
        return job.result()


def extract(video: SourceVideo, img: Path, size: int, fps: float | None) -> Outcome:
    """Extracts one video, unless its frames are there already.

    Returns:
        What became of it; a problem with the video is no exception.
    """
    folder = img / video.split / video.name
    remove_partial(folder.parent)
    try:
        origin = _origin(video, size, fps)
        record = read_record(folder)
        if record and _same(record.source, origin):
            return Outcome(video, UNCHANGED, record.frames, "; ".join(record.notes))
        if record and _foreign(record.source, origin):
            raise AbnormalError(
                f"{folder} holds frames of {record.source.get('path', 'drawn footage')}: "
                "choose another --img, or delete that folder."
            )
        with replacing_folder(folder) as partial:
            record = _write(video, partial, size, fps, origin)
    except Exception as error:  # whatever is odd about one file, the others are done
        known = isinstance(error, AbnormalError | OSError)
        problem = str(error) if known else f"{type(error).__name__}: {error}"
        return Outcome(video, LEFT_OUT, 0, problem)
    return Outcome(video, WRITTEN, record.frames, "; ".join(record.notes))


def _same(made: dict[str, Any], origin: dict[str, Any]) -> bool:
    """Whether the frames at hand are what would be made again; the source may have moved."""
    return all(made.get(key) == value for key, value in origin.items() if key != "path")


def _foreign(made: dict[str, Any], origin: dict[str, Any]) -> bool:
    """Whether the frames at hand came from somewhere else altogether."""
    return made.get("path") != origin.get("path") and made.get("sha256") != origin.get("sha256")


def _origin(video: SourceVideo, size: int, fps: float | None) -> dict[str, Any]:
    """What the frames depend on: if none of it changed, they need not be made again."""
    paths = {"sha256": video.path, "labels_sha256": video.annotation_path}
    hashes = {name: sha256(path) for name, path in paths.items() if path}
    where = {"path": str(video.path.resolve())} if video.path else {"recipe": video.recipe}
    return {**where, **hashes, "size": size, "fps": fps}


def _write(
    video: SourceVideo, folder: Path, size: int, fps: float | None, origin: dict[str, Any]
) -> VideoRecord:
    notes = []
    with video.open_frames() as stream:
        rate = fps or stream.fps or DEFAULT_FPS
        resampled = stream.fps is not None and fps is not None and fps != stream.fps
        if stream.fps is None and fps is None:
            notes.append(f"no frame rate is known: {DEFAULT_FPS:g} is taken; set it with --fps")
        written = write_frames(
            folder, at_rate(stream.frames, rate) if resampled else stream.frames, size
        )
        notes += stream.notes
    if not written:
        raise AbnormalError("; ".join(["no frame in it could be read", *notes]))
    if len(written) < SHORTEST_CLIP and video.split == TRAINING:
        notes.append(f"too short to train on: {len(written)} frames, a clip has {SHORTEST_CLIP}")
    masked = _write_annotation(video, folder, written, stream.length, size)
    record = VideoRecord(
        split=video.split,
        video=video.name,
        frames=len(written),
        fps=rate,
        height=size,
        width=size,
        situation=video.situation,
        camera=video.camera,
        labelled=video.annotate is not None,
        masked=masked,
        source=origin | {"shape": list(written[0].image.shape[:2])},
        notes=tuple(notes),
    )
    write_record(folder, record)
    return record


def _write_annotation(
    video: SourceVideo, folder: Path, written: Sequence[Frame], length: int, size: int
) -> bool:
    if video.annotate is None:
        return False
    annotation = video.annotate()
    if len(annotation.labels) != length:
        raise AbnormalError(
            f"The labels do not fit: {len(annotation.labels)} labels for {length} frames."
        )
    numbers = [frame.number for frame in written]
    write_labels(folder, annotation.labels[numbers])
    if annotation.masks is None:
        return False
    write_masks(folder, [annotation.masks[number] for number in numbers], size)
    return True
