"""Opens the videos that are scored, from `img/` or from elsewhere, as frames for a model."""

import contextlib
import dataclasses
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.commands import command, preprocess_command
from abnormal.datasets import folder
from abnormal.datasets.labels.attach import find_labels
from abnormal.errors import AbnormalError
from abnormal.files import list_folder, natural_key, require_path
from abnormal.frames.gaps import Gap, note_gaps
from abnormal.frames.manifest import LABELS, MASKS, RECORD, VideoRecord, read_manifest
from abnormal.frames.reader import read_frames, read_labels, read_masks
from abnormal.video.flatness import note_if_flat
from abnormal.video.resample import at_rate, keep_pace, resize
from abnormal.video.stream import Frame, OpenFrames

MOST_NAMED = 5
"""A message names at most so many folders."""

_SAME_RATE = 0.0005
"""Relative difference up to which two frame rates count as the same, as 25 and 25.01 do. The rates
29.97 and 30 are different."""


_LOST = 0.02
"""A larger share of frames that are missing is noted."""

log = logging.getLogger(__name__)


@dataclass
class ModelFrames:
    """Frames in the form that a model takes.

    Attributes:
        frames: The frames in order, `(size, size)` uint8 each. At their own size they are grey
            `(height, width)` uint8 or in colour `(height, width, 3)` uint8, red first.
        fps: Frames per second.
        notes: What was wrong with the source; complete after the last frame.
        gaps: The gaps between the frames that have been read so far, or more.
        shape: Height and width of the source, in pixels; None before its first frame is read.
    """

    frames: Iterator[np.ndarray]
    fps: float
    notes: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    shape: tuple[int, int] | None = None


@dataclass(frozen=True)
class InputVideo:
    """A video to be scored.

    Attributes:
        name: Name of the video, for tables and plots.
        open_frames: Opens the frames, given a model's size and frames per second. If the size is
            None, the frames have their own size, and colours if the source has colours.
        read_labels: Reads the labels, `(n,)` uint8, 1 for abnormal frames and 0 for normal ones;
            None if there are no labels.
        read_masks: Reads the masks, `(n, height, width)` bool, True for abnormal pixels; None if
            there are no masks.
        situation: Kind of the abnormal event in the video; empty if not known.
        frames: Number of frames; 0 if that is not known before they are read.
        camera: Name of the camera; empty if not known.
        identity: Tells when the video or its labels have changed: it is then another text.
    """

    name: str
    open_frames: Callable[[int | None, float], AbstractContextManager[ModelFrames]]
    read_labels: Callable[[], np.ndarray | None] = lambda: None
    read_masks: Callable[[], np.ndarray | None] = lambda: None
    situation: str = ""
    frames: int = 0
    camera: str = ""
    identity: Callable[[], str] = str  # an empty text


def stored_videos(img: Path, split: str = "testing") -> list[InputVideo]:
    """Returns the videos of a split in a folder of frames.

    Args:
        img: The folder of frames that `preprocess.py` made.
        split: Name of the split.

    Raises:
        AbnormalError: The split has no videos.
    """
    records = read_manifest(img, split)
    if not records:
        raise AbnormalError(
            f"There is no {split} video in {img}. Add some with "
            f"`{preprocess_command(img, split)}`, or name a video with --source."
        )
    return [
        InputVideo(
            name=record.video,
            open_frames=partial(_open_stored, img, record),
            read_labels=partial(read_labels, img, record),
            read_masks=partial(read_masks, img, record),
            situation=record.situation,
            frames=record.frames,
            camera=record.camera,
            identity=partial(_identity_of_stored, img, record),
        )
        for record in records
    ]


def source_videos(path: Path, split: str = "") -> list[InputVideo]:
    """Returns the videos at a path that is not a folder of extracted frames.

    Args:
        path: A video file, a folder of pictures, or a folder of videos.
        split: The split that the videos have to belong to, by the rules of `preprocess.py`; empty
            for all videos.

    Raises:
        AbnormalError: There is nothing at the path, or no video of the split.
    """
    require_path(path)
    found, passed_over = folder.find_all(path)
    passed_over.log_summary()
    videos = [video for video in found if split in ("", video.split)]
    if not videos:
        raise AbnormalError(_without_videos(path, split, [one.path for one in found if one.path]))
    if labels := path.is_dir() and find_labels(path):
        log.info("note: %s is not used: only `%s` reads labels", labels, command("preprocess"))
    return [
        InputVideo(
            video.name,
            partial(open_resampled, video.open_frames),
            situation=video.situation,
            camera=video.camera,
            identity=partial(_identity_of_source, video.path),
        )
        for video in videos
    ]


def _without_videos(path: Path, split: str, others: Sequence[Path]) -> str:
    """Says that there is no video of a split, and by which rule others are of another one."""
    text = f"There is no {split + ' ' if split else ''}video in {path}."
    names = [one.relative_to(path).parts[0] for one in others if one != path]
    if not names:
        return text
    some = sorted(dict.fromkeys(names), key=natural_key)
    more = ", ..." if len(some) > MOST_NAMED else ""
    return (
        f"{text} Of its sub-folders, only those called normal* or train* are for training, but "
        f"there {'are' if len(some) > 1 else 'is'} {', '.join(some[:MOST_NAMED])}{more}. Rename "
        "those that show what is normal, or name one of them alone."
    )


def _identity_of_stored(img: Path, record: VideoRecord) -> str:
    folder = record.folder(img)
    # The time of a folder changes with every file that is added, replaced or removed.
    files = [_state_of(folder), *(_state_of(folder / name) for name in (RECORD, LABELS, MASKS))]
    return json.dumps([dataclasses.asdict(record), files])


def _identity_of_source(path: Path | None) -> str:
    if path is None:
        return ""
    pictures = list_folder(path) if path.is_dir() else [path]
    return json.dumps([str(path.absolute()), *map(_state_of, pictures)])


def _state_of(path: Path) -> tuple[str, int, int] | None:
    """Returns the name, the size and the time of the last change; None if there is no such file."""
    try:
        state = path.stat()
    except OSError:
        return None
    return path.name, state.st_size, state.st_mtime_ns


@contextlib.contextmanager
def open_resampled(open_frames: OpenFrames, size: int | None, fps: float) -> Iterator[ModelFrames]:
    """Opens a video for a model.

    Args:
        open_frames: Opens the source.
        size: Height and width of the model's frames, in pixels; None to keep those of the source.
        fps: Frames per second that the model was trained on. A source with another rate is
            resampled by its time stamps. A folder of pictures, which has no time stamps, is taken
            to have this rate.

    Yields:
        The frames, their rate and the notes.
    """
    with open_frames() as stream:
        frames = note_if_flat(stream)
        gaps: list[Gap] = []
        if stream.fps is not None and abs(stream.fps / fps - 1) > _SAME_RATE:
            stream.notes.append(f"{stream.fps:g} frames a second are resampled to {fps:g}")
            frames = at_rate(frames, fps)
        elif stream.fps is not None:
            frames = _in_step(frames, fps, stream.notes)
        frames = note_gaps(frames, gaps)
        opened = ModelFrames(iter(()), fps, stream.notes, gaps)
        frames = _noting_shape(frames, opened)
        if size is None:
            opened.frames = (frame.get_rgb() if frame.get_rgb else frame.image for frame in frames)
        else:
            opened.frames = _resized(frames, size)
        yield opened


def _in_step(frames: Iterator[Frame], fps: float, notes: list[str]) -> Iterator[Frame]:
    """Keeps frames of the model's rate in step with their times, and notes if many were lost."""
    given, shown, last = 0, 0, -1
    for frame in keep_pace(frames, fps):
        shown += 1
        given += frame.number != last
        last = frame.number
        yield frame
    if shown - given > _LOST * shown:
        notes.append(f"{shown - given} frames are missing; the ones before them are shown instead")


def _resized(frames: Iterator[Frame], size: int) -> Iterator[np.ndarray]:
    """Resizes the pictures of frames; one that is repeated stays the same array."""
    before, resized = None, np.empty(0, np.uint8)
    for frame in frames:
        if frame.image is not before:
            before, resized = frame.image, resize(frame.image, size, size)
        yield resized


def _noting_shape(frames: Iterator[Frame], opened: ModelFrames) -> Iterator[Frame]:
    """Passes frames on, and notes the shape of the first one."""
    for frame in frames:
        opened.shape = opened.shape or frame.image.shape[:2]
        yield frame


@contextlib.contextmanager
def _open_stored(
    img: Path, record: VideoRecord, size: int | None, fps: float
) -> Iterator[ModelFrames]:
    notes = []
    if abs(record.fps / fps - 1) > _SAME_RATE:
        way = f"extract it again with --fps {fps:g}" if record.fps > fps else "use --source"
        notes.append(
            f"it has {record.fps:g} frames a second, but the model was trained on {fps:g}: things "
            f"look {fps / record.fps:.2g} times as fast; {way}"
        )
    frames = read_frames(img, record, size)
    shape = record.source.get("shape")
    if size is None and shape:
        height, width = shape  # frames in img/ are square, whatever the source was
        frames = (resize(image, height, width) for image in frames)
    shown = (shape[0], shape[1]) if shape else None
    yield ModelFrames(frames, record.fps, notes, list(record.gaps), shown)
