"""Extracts frames from videos into `img/`, several videos at a time, each completely or not."""

import contextlib
import dataclasses
import errno
import functools
import os
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from abnormal.datasets.annotate import update_labels, write_annotation
from abnormal.datasets.origin import (
    has_same_frames,
    is_other_source,
    is_unchanged,
    origin_of,
    updated_source,
)
from abnormal.datasets.source import TESTING, TRAINING, SourceVideo
from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.files import read_json, write_json
from abnormal.frames.gaps import Gap, note_gaps, stretches
from abnormal.frames.left_out import leave_out, take_in
from abnormal.frames.manifest import RECORD, VideoRecord, read_record, write_record
from abnormal.frames.matching import write_matching
from abnormal.frames.writer import write_frames
from abnormal.reading import reason
from abnormal.replacing import recover, remove_partial, replacing_folder
from abnormal.tasks.local import in_processes
from abnormal.tasks.run import RunTasks, WorkerDiedError
from abnormal.video.decode import DEFAULT_FPS, limit_threads
from abnormal.video.flatness import note_if_flat
from abnormal.video.resample import RateWatch, at_rate

MIN_TRAINING_FRAMES = 10
"""A training video with fewer frames between gaps than a clip of the default network has gets a
warning."""

ORIGIN = "origin.json"
"""Name of a file in an unfinished folder of frames that says what the frames are made from."""

_NO_RATE = "no frame rate is known"

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
        details: The traceback if nobody expected the problem; otherwise empty.
    """

    video: SourceVideo
    status: str
    frames: int
    problem: str
    details: str = ""


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
        fps: Frames per second of the frames; None for the frame rate of each video.
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
            extraction = Extraction(video, LEFT_OUT, 0, str(extraction))
        if extraction.status == LEFT_OUT:
            _leave_out_earlier_frames(img / video.split / video.name, extraction)
        yield extraction
    for folder in {(img / video.split / video.name).parent for video in videos}:
        remove_partial(folder)


def _leave_out_earlier_frames(folder: Path, extraction: Extraction) -> None:
    """Keeps frames of an earlier run out of the manifest: they are of another file or labels.

    Frames of another video that has the same name are not meant. They stay in use.
    """
    record, path = None, extraction.video.path
    with contextlib.suppress(AbnormalError):  # a damaged record keeps its video out by itself
        record = read_record(folder)
    if record and record.source.get("path") == (os.path.realpath(path) if path else None):
        leave_out(folder, extraction.problem)


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
        fps: Frames per second of the frames; None for the frame rate of the video.
        threads: Number of threads that resize and encode.

    Returns:
        The outcome. Problems with the video are reported in it, not raised.

    Raises:
        CannotWriteError: The frames cannot be written, for instance because the disk is full.
    """
    folder = img / video.split / video.name
    try:
        origin = origin_of(video, size, fps or video.fps)
        unfinished = recover(folder)
        record = read_record(folder)
        if record and (kept := _update(folder, record, video, origin, is_said=bool(fps))):
            take_in(folder)
            return kept
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
        if isinstance(error, AbnormalError | OSError):
            return Extraction(video, LEFT_OUT, 0, str(error))
        problem = f"{type(error).__name__}: {error}"
        return Extraction(video, LEFT_OUT, 0, problem, traceback.format_exc())
    return Extraction(video, WRITTEN, record.frames, "; ".join(record.notes))


def _update(
    folder: Path, record: VideoRecord, video: SourceVideo, origin: dict[str, Any], is_said: bool
) -> Extraction | None:
    """Updates what is kept beside the frames; None if the frames have to be made again."""
    if is_unchanged(record, origin):
        same = _update_names(folder, record, video, origin, is_said)
        return Extraction(video, UNCHANGED, same.frames, "; ".join(same.notes))
    if not has_same_frames(record, origin):
        return None
    if labelled := update_labels(folder, record, video, origin):
        return Extraction(video, WRITTEN, labelled.frames, "; ".join(labelled.notes))
    return None


def _find_unfinished(folders: Iterable[Path], origin: dict[str, Any]) -> Path | None:
    """Returns a folder in which a killed run had started to write the same frames, if any.

    The frames in it are decoded again, but not encoded again.
    """
    same = (f for f in folders if (f / ORIGIN).is_file() and read_json(f / ORIGIN) == origin)
    return next(same, None)


def _update_names(
    folder: Path, record: VideoRecord, video: SourceVideo, origin: dict[str, Any], is_said: bool
) -> VideoRecord:
    """Updates what the frames do not depend on: situation, camera, paths, and whether the rate is
    one that the user has said.
    """
    named = dataclasses.replace(
        record,
        situation=video.situation,
        camera=video.camera,
        source=updated_source(record.source, origin),
        notes=tuple(n for n in record.notes if not (is_said and n.startswith(_NO_RATE))),
    )
    if named != record:
        write_record(folder, named)
    return named


def _write_video(
    video: SourceVideo,
    folder: Path,
    size: int,
    fps: float | None,
    threads: int,
    origin: dict[str, Any],
) -> VideoRecord:
    notes: list[str] = []
    gaps: list[Gap] = []
    is_said, fps = fps is not None, fps or video.fps
    with video.open_frames() as stream:
        watch = RateWatch(stream.fps or fps or DEFAULT_FPS)
        frames = watch.watch(note_if_flat(stream))
        even = at_rate(frames, fps) if fps and stream.fps else frames
        written = write_frames(folder, note_gaps(even, gaps), size, threads)
        notes += stream.notes
    rate = fps or (watch.mean_fps if watch.varies else watch.fps)
    if stream.fps is None:  # its times are those of an assumed rate
        written = written._replace(times_sec=written.numbers / rate)
    if stream.fps is None and not is_said:
        notes.append(f"{_NO_RATE}: {rate:.4g} is taken; set it with --fps")
    elif fps is None and watch.varies:
        notes.append(f"its frame rate varies around {rate:.3g}: --fps {rate:.0f} makes it even")
    count = len(written.numbers)
    if not count:
        raise AbnormalError("; ".join(["no frame in it could be read", *notes]))
    longest = max(stop - start for start, stop in stretches(count, gaps))
    if longest < MIN_TRAINING_FRAMES and video.split == TRAINING:
        notes.append(f"too short to train on: {longest} frames, a clip has {MIN_TRAINING_FRAMES}")
    if video.split == TESTING:  # labels may come later, or change
        write_matching(folder, written)
    masked, label_notes = write_annotation(video, folder, written, stream.length, size, rate)
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
        notes=(*notes, *label_notes),
        gaps=tuple(gaps),
    )
    write_record(folder, record)
    return record
