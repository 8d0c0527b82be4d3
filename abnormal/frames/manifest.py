"""The records of the videos under `img/`: one per video, collected in `img/manifest.json`.

    img/
      manifest.json                   the records of all videos
      training/01/000000.jpg ...      8-bit grey frames, numbered from 0
      training/01/video.json          the record of this video
      testing/cart/03/labels.txt      one 0 or 1 per frame, where labels are known
      testing/cart/03/masks.npz       abnormal pixels, where masks are known
      testing/cart/03/left_out.txt    why this video is not used, although frames of it are there

The record in a video's folder is written and deleted together with its frames. The manifest is made
from these records.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abnormal import checks
from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.files import locked_folder, natural_key, read_json, write_json
from abnormal.frames.gaps import Gap
from abnormal.frames.left_out import why_left_out

MANIFEST = "manifest.json"
RECORD = "video.json"
LABELS = "labels.txt"
MASKS = "masks.npz"

MOST_FRAMES = 100_000_000
"""Largest number of frames of a video: 46 days at 25 frames a second."""

MOST_FPS = 100_000.0
"""Largest number of frames per second."""

MOST_SEC = 1e9
"""Largest time of a frame, in seconds."""

MOST_PIXELS = 100_000
"""Largest height and width of a frame, in pixels."""


@dataclass(frozen=True)
class VideoRecord:
    """A video whose frames are under `img/`.

    Attributes:
        split: `"training"` or `"testing"`.
        video: Name of the video: its folder below that of the split.
        frames: Number of frames.
        fps: Frames per second.
        height: Height of the frames in pixels.
        width: Width of the frames in pixels.
        situation: The kind of event, taken from a folder of the source; empty if unknown.
        camera: Name of the camera; empty if there is only one.
        labelled: Whether there is a label for each frame.
        masked: Whether there is a mask for each frame.
        source: What the frames were made from: path and hash of the source, the shape of its
            pictures, its number of frames, and the options.
        notes: Messages to the user about problems with the source.
        gaps: The gaps between its frames, in the order of time.
    """

    split: str
    video: str
    frames: int
    fps: float
    height: int
    width: int
    situation: str = ""
    camera: str = ""
    labelled: bool = False
    masked: bool = False
    source: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def folder(self, img: Path) -> Path:
        """Returns the folder of the frames."""
        return img / self.split / self.video


def read_record(folder: Path) -> VideoRecord | None:
    """Reads the record in a video's folder.

    Returns:
        The record, or None if the folder does not hold a complete video.

    Raises:
        AbnormalError: The record is damaged.
    """
    path = folder / RECORD
    return _parse_record(read_json(path), path) if path.is_file() else None


def write_record(folder: Path, record: VideoRecord) -> None:
    """Writes the record into a video's folder."""
    write_json(folder / RECORD, dataclasses.asdict(record))


def is_img(folder: Path) -> bool:
    """Returns whether a folder holds frames that `preprocess.py` made."""
    return (folder / MANIFEST).is_file()


def require_img(img: Path) -> None:
    """Makes sure that a folder holds frames that `preprocess.py` made.

    Raises:
        AbnormalError: The manifest is missing.
    """
    if not is_img(img):
        raise AbnormalError(
            f"There are no frames in {img}: {img / MANIFEST} is missing. "
            f"Make them with `{command('preprocess')} --videos FOLDER --img {img}`."
        )


def read_manifest(img: Path, split: str) -> list[VideoRecord]:
    """Reads the records of all videos of a split.

    Args:
        img: The folder of frames.
        split: `"training"` or `"testing"`.

    Returns:
        The records in natural order; an empty list if the split has no videos.

    Raises:
        AbnormalError: The manifest is missing or damaged.
    """
    require_img(img)
    path = img / MANIFEST
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("videos"), list):
        raise AbnormalError(
            f"{path} is not a manifest of frames. Run `{command('preprocess')}` again."
        )
    records = [_parse_record(entry, path) for entry in content["videos"]]
    return [record for record in records if record.split == split]


def write_manifest(img: Path) -> tuple[list[VideoRecord], list[str]]:
    """Collects the records of all complete videos under `img` in the manifest.

    Of several runs into the same folder, the one that writes last has seen the videos of all.

    Returns:
        The records, those for testing first, in natural order; and a message for each video that is
        left out, because its record cannot be read or because an extraction failed.
    """
    with locked_folder(img):
        records, problems = _read_records(img)
        records.sort(key=lambda record: (record.split, natural_key(record.video)))
        write_json(img / MANIFEST, {"videos": [dataclasses.asdict(record) for record in records]})
    return records, problems


def _read_records(img: Path) -> tuple[list[VideoRecord], list[str]]:
    records, problems = [], []
    for path in sorted(img.glob(f"t*ing/**/{RECORD}")):
        try:
            record = read_record(path.parent)
        except AbnormalError as error:
            problems.append(str(error))
            continue
        # The unfinished folder of a killed run has another name than its record says.
        if not record or record.folder(img) != path.parent:
            continue
        if why := why_left_out(path.parent):
            problems.append(f"{record.split}/{record.video}: {why}")
        else:
            records.append(record)
    return records, problems


def fingerprint(records: Sequence[VideoRecord]) -> str:
    """Returns a hash that changes with every frame, with the names and the order of the videos.

    Returns:
        The SHA-256 as hexadecimal digits.
    """
    facts = [
        (r.split, r.video, r.frames, r.fps, r.height, r.width, _content_id(r.source))
        + ((r.gaps,) if r.gaps else ())  # earlier versions did not know any
        for r in records
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def camera_fingerprint(records: Sequence[VideoRecord]) -> str:
    """Returns a hash that changes with the camera of each video, which `fingerprint` leaves out.

    Returns:
        The SHA-256 as hexadecimal digits.
    """
    facts = [(record.video, record.camera) for record in records]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _content_id(source: dict[str, Any]) -> Any:
    """Returns the hash of a source file, or the recipe of drawn footage."""
    return source.get("sha256") or source.get("recipe")


def _parse_record(entry: Any, path: Path) -> VideoRecord:
    try:
        entry = {"gaps": (), **entry}  # earlier versions did not know any
        notes = tuple(checks.sequence("notes", entry["notes"]))
        gaps = tuple(Gap(*gap) for gap in checks.sequence("gaps", entry["gaps"]))
        return _check_record(VideoRecord(**{**entry, "notes": notes, "gaps": gaps}))
    except (KeyError, TypeError, ValueError) as error:
        raise AbnormalError(
            f"{path} is damaged or of another version ({error}). Delete it and run "
            f"`{command('preprocess')}`."
        ) from None


def _check_record(record: VideoRecord) -> VideoRecord:
    """Checks each value, so that the name of a video leads nowhere outside a folder of frames.

    Raises:
        ValueError: A value has another type, is out of its range, or is a path to elsewhere.
    """
    if record.split not in ("training", "testing"):
        raise ValueError(f"split is {checks.shown(record.split)}")
    checks.relative_path("video", record.video)
    checks.whole("frames", record.frames, 1, MOST_FRAMES)
    checks.number("fps", record.fps, 1e-6, MOST_FPS)
    checks.whole("height", record.height, 1, MOST_PIXELS)
    checks.whole("width", record.width, 1, MOST_PIXELS)
    checks.text("situation", record.situation)
    checks.text("camera", record.camera)
    checks.flag("labelled", record.labelled)
    checks.flag("masked", record.masked)
    for note in checks.sequence("notes", record.notes):
        checks.text("a note", note)
    for key in ("path", "sha256", "labels", "labels_sha256", "masks", "masks_sha256"):
        if key in checks.mapping("source", record.source):
            checks.text(f"source.{key}", record.source[key])
    if shape := record.source.get("shape"):
        checks.numbers("source.shape", shape, 1, MOST_PIXELS, 2, 2)
    for gap in record.gaps:
        checks.whole("the frame after a gap", gap.frame, 1, record.frames - 1)
        checks.number("the time of a gap", gap.sec, 0, MOST_SEC)
    checks.growing("gaps", tuple(gap.frame for gap in record.gaps))
    return record
