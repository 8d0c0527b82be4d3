"""Checks that the files under `img/` are intact and still match their sources. Changes nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.frames.leaks import find_leaks
from abnormal.frames.left_out import why_left_out
from abnormal.frames.manifest import MANIFEST, RECORD, VideoRecord, read_manifest, read_record
from abnormal.frames.reader import read_labels, verify_masks
from abnormal.frames.writer import frame_path
from abnormal.progress import Progress
from abnormal.reading import reason
from abnormal.video.picture import read_picture
from abnormal.video.pictures import list_pictures

_SHOWN = 3
"""At most this many file names are listed in a message."""


@dataclass(frozen=True)
class VideoCheck:
    """The result of checking one video.

    Attributes:
        record: The video.
        abnormal: Number of frames that are labelled as abnormal; None if there are no labels.
        damage: One message for each problem with files that are missing or unreadable.
        changes: One message for each source file that has changed or is missing.
    """

    record: VideoRecord
    abnormal: int | None
    damage: list[str]
    changes: list[str]


@dataclass(frozen=True)
class ImgReport:
    """The result of checking a folder of frames.

    Attributes:
        videos: The result for each video.
        wrong: One message for each thing that is damaged, has changed at its source, or is both
            trained and tested on.
        noted: One message for each problem with a source at the time when it was extracted.
    """

    videos: list[VideoCheck]
    wrong: list[str]
    noted: list[str]


def check_img(img: Path, workers: int) -> ImgReport:
    """Reads all frames, labels and masks, and compares the hashes of their sources.

    Args:
        img: The folder of frames.
        workers: Number of threads that read.

    Raises:
        AbnormalError: The manifest is missing or damaged.
    """
    records = read_all_records(img)
    videos = []
    with ThreadPoolExecutor(workers) as pool, Progress("videos", len(records)) as progress:
        for video in pool.map(partial(check_video, img), records):
            videos.append(video)
            progress.advance()
    wrong = [
        *(f"damaged: {_name(video)}: {what}" for video in videos for what in video.damage),
        *(f"source: {_name(video)}: {what}" for video in videos for what in video.changes),
        *(f"manifest: {what}" for what in check_manifest(img, records)),
        *(f"leak: {leak}" for leak in find_leaks(img, records)),
    ]
    noted = [f"noted: {_name(video)}: {note}" for video in videos for note in video.record.notes]
    return ImgReport(videos, wrong, noted)


def _name(video: VideoCheck) -> str:
    return f"{video.record.split}/{video.record.video}"


def check_video(img: Path, record: VideoRecord) -> VideoCheck:
    """Reads all frames, labels and masks of a video, and compares the hash of its source.

    Damaged files are reported in the result, not raised.
    """
    damage: list[str] = []
    abnormal = None
    try:
        damage += _check_frames(img, record)
        labels = read_labels(img, record)
        abnormal = None if labels is None else int(labels.sum())
        verify_masks(img, record)
    except AbnormalError as error:
        damage.append(str(error))
    return VideoCheck(record, abnormal, damage, [*_check_source(record)])


def check_manifest(img: Path, records: list[VideoRecord]) -> list[str]:
    """Compares the folders under `img/` with the manifest.

    Args:
        img: The folder of frames.
        records: All videos of the manifest.

    Returns:
        One message for each video that is unfinished, left out of or missing from the manifest, or
        different from its entry there.
    """
    listed = {record.folder(img): record for record in records}
    found = {path.parent for path in img.glob(f"t*ing/**/{RECORD}")}
    partial = sorted(path for path in img.glob("t*ing/**/.partial-*") if path.is_dir())
    complete = {folder for folder in found if not any(part in folder.parents for part in partial)}
    return [
        *(f"{path}: unfinished, of a run that was killed or still works" for path in partial),
        *(_not_listed(path) for path in sorted(complete - set(partial) - set(listed))),
        *(line for path in sorted(complete & set(listed)) for line in _differs(listed[path], path)),
    ]


def _not_listed(folder: Path) -> str:
    why = why_left_out(folder)
    return f"{folder}: left out: {why}" if why else f"{folder}: not in {MANIFEST}"


def _differs(listed: VideoRecord, folder: Path) -> Iterator[str]:
    try:
        if read_record(folder) != listed:
            yield f"{folder}: {MANIFEST} says otherwise"
    except AbnormalError as error:
        yield str(error)


def read_all_records(img: Path) -> list[VideoRecord]:
    """Reads the records of all videos from the manifest, the training videos first.

    Raises:
        AbnormalError: The manifest is missing or damaged.
    """
    return [*read_manifest(img, "training"), *read_manifest(img, "testing")]


def _check_frames(img: Path, record: VideoRecord) -> Iterator[str]:
    folder = record.folder(img)
    paths = [frame_path(folder, number) for number in range(record.frames)]
    missing = [path.name for path in paths if not path.is_file()]
    unreadable, wrong_size = [], []
    for path in paths:
        try:
            shape = read_picture(path).shape
        except AbnormalError:
            unreadable.append(path.name)
        else:
            wrong_size += [] if shape == (record.height, record.width) else [path.name]
    damaged = [name for name in unreadable if name not in set(missing)]
    expected = {path.name for path in paths}
    found = list_pictures(folder) if folder.is_dir() else []
    extra = [path.name for path in found if path.name not in expected]
    for names, problem in (
        (missing, "missing"),
        (damaged, "unreadable"),
        (wrong_size, "of another size"),
        (extra, "too many"),
    ):
        if names:
            shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
            yield f"{len(names)} of {record.frames} frames {problem} ({shown})"


def _check_source(record: VideoRecord) -> Iterator[str]:
    for key, digest in (("path", "sha256"), ("labels", "labels_sha256"), ("masks", "masks_sha256")):
        path = record.source.get(key)
        try:
            if path and sha256(Path(path)) != record.source.get(digest):
                yield f"{path} has changed"
        except FileNotFoundError:
            yield f"{path} is no longer there"
        except OSError as error:
            yield f"{path} cannot be read: {reason(error)}"
        except AbnormalError as error:
            yield str(error)
