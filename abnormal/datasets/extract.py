"""Extracts frames from videos into `img/`, several videos at a time, each completely or not."""

import dataclasses
import errno
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from abnormal.datasets.origin import (
    KNOWN_AFTER_READING,
    has_same_frames,
    is_other_source,
    is_unchanged,
    origin_of,
)
from abnormal.datasets.source import TRAINING, SourceVideo
from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.files import (
    read_json,
    recover,
    remove_partial,
    replacing_folder,
    write_json,
)
from abnormal.frames.manifest import (
    LABELS,
    MASKS,
    RECORD,
    VideoRecord,
    read_record,
    write_record,
)
from abnormal.frames.writer import WrittenFrames, write_frames, write_labels, write_masks
from abnormal.reading import reason
from abnormal.tasks.local import in_processes
from abnormal.tasks.run import RunTasks, WorkerDiedError
from abnormal.video.decode import limit_threads
from abnormal.video.resample import RateWatch, at_rate

DEFAULT_FPS = 25.0
"""Frames per second of sources that have no frame rate, unless `--fps` is given."""

MIN_TRAINING_FRAMES = 10
"""A training video with fewer frames than a clip of the default network gets a warning."""

ORIGIN = "origin.json"
"""Name of a file in an unfinished folder of frames that says what the frames are made from."""

_NOT_THE_VIDEO = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EMFILE, errno.ENFILE}
"""Error numbers of what is not the fault of a video, and would happen to all others, too."""

WRITTEN, UNCHANGED, LEFT_OUT = "written", "unchanged", "left out"


@dataclass(frozen=True)
class Extraction:
    """The outcome of extracting one video.

    Attributes:
        video: The video.
        status: `"written"`, `"unchanged"` (its frames existed already) or `"left out"`.
        frames: Number of its frames under `img/`.
        problem: Message to the user about problems with the video; empty if there were none.
    """

    video: SourceVideo
    status: str
    frames: int
    problem: str


def extract_all(
    videos: Sequence[SourceVideo],
    img: Path,
    size: int,
    fps: float | None,
    workers: int,
    run: RunTasks | None = None,
) -> Iterator[Extraction]:
    """Extracts videos in parallel.

    A video that crashes the process which reads it is left out; the others are still extracted.
    The largest files come first, so that at the end no worker is busy alone for long.

    Args:
        videos: The videos to extract.
        img: The folder of frames.
        size: Height and width of the frames in pixels.
        fps: Frames per second of the frames; None for the frame rate of each source.
        workers: Number of processes. If there are fewer videos, each process gets more threads.
        run: Runs the tasks instead of processes on this machine.

    Yields:
        The outcome for each video as soon as it is known.
    """
    processes = max(1, min(workers, len(videos)))
    threads = 1 if run else -(-workers // processes)
    run = run or in_processes(processes)
    task = functools.partial(_extract_on_worker, img=img, size=size, fps=fps, threads=threads)
    for video, extraction in run(task, sorted(videos, key=_file_size, reverse=True)):
        if isinstance(extraction, WorkerDiedError):
            yield Extraction(video, LEFT_OUT, 0, str(extraction))
        else:
            yield extraction
    for folder in {(img / video.split / video.name).parent for video in videos}:
        remove_partial(folder)


def _file_size(video: SourceVideo) -> int:
    return video.path.stat().st_size if video.path and video.path.is_file() else 0


def _extract_on_worker(
    video: SourceVideo, img: Path, size: int, fps: float | None, threads: int
) -> Extraction:
    cv2.setNumThreads(1)  # `write_frames` has its own threads
    limit_threads(threads)
    return extract(video, img, size, fps, threads)


def extract(
    video: SourceVideo, img: Path, size: int, fps: float | None, threads: int = 1
) -> Extraction:
    """Extracts one video, unless its frames exist and are up to date.

    Args:
        video: The video.
        img: The folder of frames.
        size: Height and width of the frames in pixels.
        fps: Frames per second of the frames; None for the frame rate of the source.
        threads: Number of threads that resize and encode.

    Returns:
        The outcome. Problems with the video are reported in it, not raised.

    Raises:
        CannotWriteError: The frames cannot be written, for instance because the disk is full.
    """
    folder = img / video.split / video.name
    try:
        origin = origin_of(video, size, fps)
        unfinished = recover(folder)
        record = read_record(folder)
        if record and is_unchanged(record.source, origin):
            _update_names(folder, record, video)
            return Extraction(video, UNCHANGED, record.frames, "; ".join(record.notes))
        if record and has_same_frames(record, origin):
            _update_labels(folder, record, video, origin)
            return Extraction(video, WRITTEN, record.frames, "; ".join(record.notes))
        if record and is_other_source(record.source, origin):
            raise AbnormalError(
                f"{folder} holds frames of {record.source.get('path', 'drawn footage')}: "
                "choose another --img, or delete that folder."
            )
        if any(found.parent != folder for found in folder.rglob(RECORD)):
            raise AbnormalError(f"There are other videos in {folder}: choose another --img.")
        with replacing_folder(folder, _find_unfinished(unfinished, origin)) as partial:
            write_json(partial / ORIGIN, origin)
            record = _write_video(video, partial, size, fps, threads, origin)
            (partial / ORIGIN).unlink()
    except CannotWriteError:
        raise
    except Exception as error:  # a problem with one file must not stop the others
        if isinstance(error, OSError) and error.errno in _NOT_THE_VIDEO:
            raise CannotWriteError(f"{folder} cannot be written: {reason(error)}.") from error
        known = isinstance(error, AbnormalError | OSError)
        problem = str(error) if known else f"{type(error).__name__}: {error}"
        return Extraction(video, LEFT_OUT, 0, problem)
    return Extraction(video, WRITTEN, record.frames, "; ".join(record.notes))


def _find_unfinished(folders: Iterable[Path], origin: dict[str, Any]) -> Path | None:
    """Returns a folder in which a killed run had started to write the same frames, if any.

    The frames in it are decoded again, but not encoded again.
    """
    same = (f for f in folders if (f / ORIGIN).is_file() and read_json(f / ORIGIN) == origin)
    return next(same, None)


def _update_names(folder: Path, record: VideoRecord, video: SourceVideo) -> None:
    """Updates the situation and camera in the record. The frames do not depend on them."""
    updated = dataclasses.replace(record, situation=video.situation, camera=video.camera)
    if updated != record:
        write_record(folder, updated)


def _update_labels(
    folder: Path, record: VideoRecord, video: SourceVideo, origin: dict[str, Any]
) -> None:
    """Writes new labels and masks. The frames do not depend on them."""
    written = WrittenFrames(np.arange(record.frames), ())
    masked = _write_annotation(video, folder, written, record.frames, record.height)
    labelled = dataclasses.replace(
        record,
        situation=video.situation,
        camera=video.camera,
        labelled=video.annotate is not None,
        masked=masked,
        source={key: record.source[key] for key in KNOWN_AFTER_READING} | origin,
    )
    write_record(folder, labelled)
    for name, kept in ((LABELS, labelled.labelled), (MASKS, labelled.masked)):
        if not kept:
            (folder / name).unlink(missing_ok=True)


def _write_video(
    video: SourceVideo,
    folder: Path,
    size: int,
    fps: float | None,
    threads: int,
    origin: dict[str, Any],
) -> VideoRecord:
    notes = []
    with video.open_frames() as stream:
        watch = RateWatch(stream.fps or fps or DEFAULT_FPS)
        frames = watch.watch(stream.frames)
        even = at_rate(frames, fps) if fps and stream.fps else frames
        written = write_frames(folder, even, size, threads)
        notes += stream.notes
    rate = fps or (watch.mean_fps if watch.varies else watch.fps)
    if fps is None and stream.fps is None:
        notes.append(f"no frame rate is known: {DEFAULT_FPS:g} is taken; set it with --fps")
    elif fps is None and watch.varies:
        notes.append(f"its frame rate varies around {rate:.3g}: --fps {rate:.0f} makes it even")
    count = len(written.numbers)
    if not count:
        raise AbnormalError("; ".join(["no frame in it could be read", *notes]))
    if count < MIN_TRAINING_FRAMES and video.split == TRAINING:
        notes.append(f"too short to train on: {count} frames, a clip has {MIN_TRAINING_FRAMES}")
    masked = _write_annotation(video, folder, written, stream.length, size)
    record = VideoRecord(
        split=video.split,
        video=video.name,
        frames=count,
        fps=rate,
        height=size,
        width=size,
        situation=video.situation,
        camera=video.camera,
        labelled=video.annotate is not None,
        masked=masked,
        source=origin | {"shape": list(written.shape), "length": stream.length},
        notes=tuple(notes),
    )
    write_record(folder, record)
    return record


def _write_annotation(
    video: SourceVideo, folder: Path, written: WrittenFrames, length: int, size: int
) -> bool:
    if video.annotate is None:
        return False
    annotation = video.annotate(length)
    if len(annotation.labels) != length:
        raise AbnormalError(
            f"The labels do not fit: {len(annotation.labels)} labels for {length} frames."
        )
    write_labels(folder, annotation.labels[written.numbers])
    if annotation.masks is None:
        return False
    masks = _masks_of_frames(annotation.masks, written.numbers)
    write_masks(folder, masks, len(written.numbers), size)
    return True


def _masks_of_frames(masks: Iterable[np.ndarray], numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Yields the mask of each written frame.

    Args:
        masks: One mask for each frame of the source.
        numbers: For each written frame, the number of its source frame, in ascending order. At
            another frame rate, source frames are skipped or written more than once.
    """
    for mask, times in zip(masks, np.bincount(numbers), strict=False):
        for _ in range(times):
            yield mask
