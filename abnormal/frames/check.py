"""Whether what lies under `img/` is whole, and still what its sources are. Nothing is changed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.frames.leaks import find_leaks
from abnormal.frames.manifest import MANIFEST, RECORD, VideoRecord, read_manifest, read_record
from abnormal.frames.reader import read_labels, verify_masks
from abnormal.frames.writer import frame_path
from abnormal.progress import Progress
from abnormal.video.pictures import list_pictures, read_picture

_SHOWN = 3


@dataclass(frozen=True)
class Checked:
    """What was found of one video.

    Attributes:
        record: The video.
        abnormal: How many of its frames are labelled as abnormal; None where labels are unknown.
        damage: What is missing or cannot be read, a sentence each.
        changes: What is no longer the same at the source, a sentence each.
    """

    record: VideoRecord
    abnormal: int | None
    damage: list[str]
    changes: list[str]


@dataclass(frozen=True)
class ImgReport:
    """What was found of all that lies under `img/`.

    Attributes:
        videos: What was found of each video.
        wrong: What is damaged, has changed at its source, or is trained and tested on; a line each.
        noted: What was odd about the sources when they were extracted; a line each.
    """

    videos: list[Checked]
    wrong: list[str]
    noted: list[str]


def check_img(img: Path, workers: int) -> ImgReport:
    """Reads all frames, labels and masks, and the hashes of their sources.

    Args:
        img: The folder of frames.
        workers: How many threads read.

    Raises:
        AbnormalError: There is no manifest, or it is damaged.
    """
    records = records_of(img)
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


def _name(video: Checked) -> str:
    return f"{video.record.split}/{video.record.video}"


def check_video(img: Path, record: VideoRecord) -> Checked:
    """Reads all frames, labels and masks of a video, and the hash of its source."""
    damage = [*_check_frames(img, record)]
    abnormal = None
    try:
        labels = read_labels(img, record)
        abnormal = None if labels is None else int(labels.sum())
        verify_masks(img, record)
    except AbnormalError as error:
        damage.append(str(error))
    return Checked(record, abnormal, damage, [*_check_source(record)])


def check_manifest(img: Path, records: list[VideoRecord]) -> list[str]:
    """What lies under `img/` besides the videos of its manifest, or otherwise than it says."""
    listed = {record.folder(img): record for record in records}
    found = {path.parent for path in img.glob(f"t*ing/**/{RECORD}")}
    begun = sorted(path for path in img.glob("t*ing/**/.partial-*") if path.is_dir())
    whole = {folder for folder in found if not any(part in folder.parents for part in begun)}
    return [
        *(f"{path}: unfinished, of a run that was killed or still works" for path in begun),
        *(f"{path}: not in {MANIFEST}" for path in sorted(whole - set(begun) - set(listed))),
        *(f"{path}: {MANIFEST} says otherwise" for path in sorted(whole & set(listed))
          if read_record(path) != listed[path]),
    ]  # fmt: skip


def records_of(img: Path) -> list[VideoRecord]:
    """All videos of the manifest.

    Raises:
        AbnormalError: There is no manifest, or it is damaged.
    """
    return [*read_manifest(img, "training"), *read_manifest(img, "testing")]


def _check_frames(img: Path, record: VideoRecord) -> Iterator[str]:
    folder = record.folder(img)
    paths = [frame_path(folder, number) for number in range(record.frames)]
    missing = [path.name for path in paths if not path.is_file()]
    unreadable, odd = [], []
    for path in paths:
        try:
            shape = read_picture(path).shape
        except AbnormalError:
            unreadable.append(path.name)
        else:
            odd += [] if shape == (record.height, record.width) else [path.name]
    broken = [name for name in unreadable if name not in set(missing)]
    known = {path.name for path in paths}
    there = list_pictures(folder) if folder.is_dir() else []
    strange = [path.name for path in there if path.name not in known]
    for names, problem in (
        (missing, "missing"),
        (broken, "unreadable"),
        (odd, "of another size"),
        (strange, "too many"),
    ):
        if names:
            shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
            yield f"{len(names)} of {record.frames} frames {problem} ({shown})"


def _check_source(record: VideoRecord) -> Iterator[str]:
    for kind in ("", "labels_"):
        path = record.source.get("labels" if kind else "path")
        if path and not Path(path).exists():
            yield f"{path} is no longer there"
        elif path and sha256(Path(path)) != record.source.get(f"{kind}sha256"):
            yield f"{path} has changed"
