"""Videos become frames under `img/`: several at a time, each complete or absent."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abnormal.datasets.source import TRAINING, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import remove_partial, replacing_folder, sha256
from abnormal.frames.manifest import RECORD, VideoRecord, read_record, write_record
from abnormal.frames.writer import Written, write_frames, write_labels, write_masks
from abnormal.video.resample import at_rate

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
        try:
            for job in as_completed(jobs):
                if isinstance(job.exception(), BrokenProcessPool):
                    unfinished.append(jobs[job])
                else:
                    yield job.result()
        finally:  # after Ctrl-C no further video is begun
            pool.shutdown(wait=False, cancel_futures=True)
    with ThreadPoolExecutor(workers) as threads:
        yield from threads.map(lambda video: _extract_alone(video, img, size, fps), unfinished)


def _pool(workers: int) -> ProcessPoolExecutor:
    # Forked processes would inherit the locks of this one's threads.
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_end_with_parent)


def _end_with_parent() -> None:
    """Lets a worker end on Ctrl-C without a traceback, and not outlive a program that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_await_parent, daemon=True).start()


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


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
        if any(found.parent != folder for found in folder.rglob(RECORD)):
            raise AbnormalError(f"There are other videos in {folder}: choose another --img.")
        with replacing_folder(folder) as partial:
            record = _write(video, partial, size, fps, origin)
    except Exception as error:  # whatever is odd about one file, the others are done
        known = isinstance(error, AbnormalError | OSError)
        problem = str(error) if known else f"{type(error).__name__}: {error}"
        return Outcome(video, LEFT_OUT, 0, problem)
    return Outcome(video, WRITTEN, record.frames, "; ".join(record.notes))


def _same(made: dict[str, Any], origin: dict[str, Any]) -> bool:
    """Whether the frames at hand are what would be made again; the source may have moved."""
    return all(made.get(key) == origin.get(key) for key in {*made, *origin} - {"path", "shape"})


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
    if not written.numbers:
        raise AbnormalError("; ".join(["no frame in it could be read", *notes]))
    frames = len(written.numbers)
    if frames < SHORTEST_CLIP and video.split == TRAINING:
        notes.append(f"too short to train on: {frames} frames, a clip has {SHORTEST_CLIP}")
    masked = _write_annotation(video, folder, written, stream.length, size)
    record = VideoRecord(
        split=video.split,
        video=video.name,
        frames=frames,
        fps=rate,
        height=size,
        width=size,
        situation=video.situation,
        camera=video.camera,
        labelled=video.annotate is not None,
        masked=masked,
        source=origin | {"shape": list(written.shape)},
        notes=tuple(notes),
    )
    write_record(folder, record)
    return record


def _write_annotation(
    video: SourceVideo, folder: Path, written: Written, length: int, size: int
) -> bool:
    if video.annotate is None:
        return False
    annotation = video.annotate()
    if len(annotation.labels) != length:
        raise AbnormalError(
            f"The labels do not fit: {len(annotation.labels)} labels for {length} frames."
        )
    write_labels(folder, annotation.labels[written.numbers])
    if annotation.masks is None:
        return False
    write_masks(folder, (annotation.masks[number] for number in written.numbers), size)
    return True
