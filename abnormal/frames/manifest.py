"""What lies under `img/`: one record per video, gathered in `img/manifest.json`.

    img/
      manifest.json                   the records of all videos
      training/01/000000.jpg ...      8-bit grey frames, numbered from 0
      training/01/video.json          the record of this video
      testing/cart/03/labels.txt      one 0 or 1 per frame, where labels are known
      testing/cart/03/masks.npz       abnormal pixels, where masks are known

The record in a video's own folder comes and goes with its frames; the manifest is made from them.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.files import natural_key, read_json, write_json

MANIFEST = "manifest.json"
RECORD = "video.json"
LABELS = "labels.txt"
MASKS = "masks.npz"


@dataclass(frozen=True)
class VideoRecord:
    """A video whose frames are under `img/`.

    Attributes:
        split: `"training"` or `"testing"`.
        video: Its folder below the split.
        frames: How many frames.
        fps: Frames per second.
        height: Of the frames, in pixels.
        width: Of the frames, in pixels.
        situation: The kind of event, as the source's folder says it; empty where unknown.
        camera: The place; empty where there is one only.
        labelled: Whether there is a label for each frame.
        masked: Whether there is a mask for each frame.
        source: Where the frames came from: path, size, hash, and the size of its pictures.
        notes: What was wrong with the source, for the user.
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

    def folder(self, img: Path) -> Path:
        """Where its frames lie."""
        return img / self.split / self.video


def read_record(folder: Path) -> VideoRecord | None:
    """The record in a video's folder, or None where there is no whole video."""
    path = folder / RECORD
    return _record(read_json(path), path) if path.is_file() else None


def write_record(folder: Path, record: VideoRecord) -> None:
    """Writes the record into a video's folder."""
    write_json(folder / RECORD, dataclasses.asdict(record))


def is_img(folder: Path) -> bool:
    """Whether frames lie there that `preprocess.py` made."""
    return (folder / MANIFEST).is_file()


def demand_img(img: Path) -> None:
    """Makes sure that frames lie there that `preprocess.py` made.

    Raises:
        AbnormalError: There is no manifest.
    """
    if not is_img(img):
        raise AbnormalError(
            f"There are no frames in {img}: {img / MANIFEST} is missing. "
            f"Make them with `{command('preprocess')} --videos FOLDER --img {img}`."
        )


def read_manifest(img: Path, split: str) -> list[VideoRecord]:
    """The records of all videos of a split, in natural order; none where it has no video.

    Raises:
        AbnormalError: There is no manifest, or it is damaged.
    """
    demand_img(img)
    path = img / MANIFEST
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("videos"), list):
        raise AbnormalError(
            f"{path} is not a manifest of frames. Run `{command('preprocess')}` again."
        )
    records = [_record(entry, path) for entry in content["videos"]]
    return [record for record in records if record.split == split]


def write_manifest(img: Path) -> list[VideoRecord]:
    """Gathers the records of all whole videos under `img` into the manifest."""
    folders = [path.parent for path in img.glob(f"t*ing/**/{RECORD}")]
    found = [(folder, read_record(folder)) for folder in folders]
    # What a killed run left half-written lies under another name than its record says.
    records = [record for folder, record in found if record and record.folder(img) == folder]
    records.sort(key=lambda record: (record.split, natural_key(record.video)))
    write_json(img / MANIFEST, {"videos": [dataclasses.asdict(record) for record in records]})
    return records


def fingerprint(records: Sequence[VideoRecord]) -> str:
    """A hash that changes when any frame, name or order of these videos does."""
    facts = [
        (r.split, r.video, r.frames, r.fps, r.height, r.width, _content(r.source)) for r in records
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _content(source: dict[str, Any]) -> Any:
    return source.get("sha256") or source.get("recipe")


def _record(entry: Any, path: Path) -> VideoRecord:
    try:
        return VideoRecord(**{**entry, "notes": tuple(entry["notes"])})
    except (KeyError, TypeError) as error:
        raise AbnormalError(
            f"{path} is damaged or of another version ({error}). Delete it and run "
            f"`{command('preprocess')}`."
        ) from None
