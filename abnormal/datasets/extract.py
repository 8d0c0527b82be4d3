"""Videos become frames under `img/`: several at a time, each complete or absent."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from abnormal.datasets.origin import FOUND, has_same_frames, is_foreign, is_same, origin_of
from abnormal.datasets.source import TRAINING, SourceVideo
from abnormal.errors import AbnormalError
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
from abnormal.frames.writer import Written, write_frames, write_labels, write_masks
from abnormal.tasks.local import in_processes
from abnormal.tasks.run import RunTasks, WorkerDiedError
from abnormal.video.decode import limit_threads
from abnormal.video.resample import RateWatch, at_rate

DEFAULT_FPS = 25.0
SHORTEST_CLIP = 10

ORIGIN = "origin.json"
"""A file in an unfinished folder of frames; it says what they are made from."""

WRITTEN, UNCHANGED, LEFT_OUT = "written", "unchanged", "left out"


@dataclass(frozen=True)
class Extraction:
    """What became of a video that was to be extracted.

    Attributes:
        video: The video that the frames come from.
        status: `"written"`, `"unchanged"` (it was there already) or `"left out"`.
        frames: How many frames of it are under `img/`.
        problem: What was wrong with it, as a text for the user; empty where nothing was.
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
    """Extracts videos in parallel, and yields what became of each one as it is done.

    A video that ends the process reading it is left out; the others are done all the same. The
    largest begin first, so that none of them keeps one worker busy when the others are done.

    Args:
        videos: What to extract.
        img: The folder of frames.
        size: Height and width of the frames, in pixels.
        fps: Frames per second wanted, or None for the source's own.
        workers: How many processes; fewer videos share as many threads.
        run: What extracts them in place of processes of this machine.
    """
    processes = max(1, min(workers, len(videos)))
    threads = 1 if run else -(-workers // processes)
    run = run or in_processes(processes)
    task = functools.partial(_extract_on_worker, img=img, size=size, fps=fps, threads=threads)
    for video, extraction in run(task, sorted(videos, key=_bytes, reverse=True)):
        if isinstance(extraction, WorkerDiedError):
            yield Extraction(video, LEFT_OUT, 0, str(extraction))
        else:
            yield extraction
    for folder in {(img / video.split / video.name).parent for video in videos}:
        remove_partial(folder)


def _bytes(video: SourceVideo) -> int:
    return video.path.stat().st_size if video.path and video.path.is_file() else 0


def _extract_on_worker(
    video: SourceVideo, img: Path, size: int, fps: float | None, threads: int
) -> Extraction:
    cv2.setNumThreads(1)  # the threads are those of `write_frames`
    limit_threads(threads)
    return extract(video, img, size, fps, threads)


def extract(
    video: SourceVideo, img: Path, size: int, fps: float | None, threads: int = 1
) -> Extraction:
    """Extracts one video, unless its frames are there already.

    Returns:
        What became of it; a problem with the video is no exception.
    """
    folder = img / video.split / video.name
    try:
        origin = origin_of(video, size, fps)
        begun = recover(folder)
        record = read_record(folder)
        if record and is_same(record.source, origin):
            _update_names(folder, record, video)
            return Extraction(video, UNCHANGED, record.frames, "; ".join(record.notes))
        if record and has_same_frames(record, origin):
            _relabel(folder, record, video, origin)
            return Extraction(video, WRITTEN, record.frames, "; ".join(record.notes))
        if record and is_foreign(record.source, origin):
            raise AbnormalError(
                f"{folder} holds frames of {record.source.get('path', 'drawn footage')}: "
                "choose another --img, or delete that folder."
            )
        if any(found.parent != folder for found in folder.rglob(RECORD)):
            raise AbnormalError(f"There are other videos in {folder}: choose another --img.")
        with replacing_folder(folder, _begun(begun, origin)) as partial:
            write_json(partial / ORIGIN, origin)
            record = _write(video, partial, size, fps, threads, origin)
            (partial / ORIGIN).unlink()
    except Exception as error:  # whatever is odd about one file, the others are done
        known = isinstance(error, AbnormalError | OSError)
        problem = str(error) if known else f"{type(error).__name__}: {error}"
        return Extraction(video, LEFT_OUT, 0, problem)
    return Extraction(video, WRITTEN, record.frames, "; ".join(record.notes))


def _begun(folders: Iterable[Path], origin: dict[str, Any]) -> Path | None:
    """What a killed run had done of the same frames: they are decoded again, but not encoded."""
    same = (f for f in folders if (f / ORIGIN).is_file() and read_json(f / ORIGIN) == origin)
    return next(same, None)


def _update_names(folder: Path, record: VideoRecord, video: SourceVideo) -> None:
    """Takes over a new situation or camera, on which the frames do not depend."""
    named = dataclasses.replace(record, situation=video.situation, camera=video.camera)
    if named != record:
        write_record(folder, named)


def _relabel(folder: Path, record: VideoRecord, video: SourceVideo, origin: dict[str, Any]) -> None:
    """Takes over new labels, on which the frames do not depend."""
    written = Written(np.arange(record.frames), ())
    masked = _write_annotation(video, folder, written, record.frames, record.height)
    labelled = dataclasses.replace(
        record,
        situation=video.situation,
        camera=video.camera,
        labelled=video.annotate is not None,
        masked=masked,
        source={key: record.source[key] for key in FOUND} | origin,
    )
    write_record(folder, labelled)
    for name, kept in ((LABELS, labelled.labelled), (MASKS, labelled.masked)):
        if not kept:
            (folder / name).unlink(missing_ok=True)


def _write(
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
    if count < SHORTEST_CLIP and video.split == TRAINING:
        notes.append(f"too short to train on: {count} frames, a clip has {SHORTEST_CLIP}")
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
    video: SourceVideo, folder: Path, written: Written, length: int, size: int
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
    """The masks of the frames that were taken from a source, each as often as its frame was."""
    for mask, times in zip(masks, np.bincount(numbers), strict=False):
        for _ in range(times):
            yield mask
