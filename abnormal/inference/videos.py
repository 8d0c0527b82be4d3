"""The videos to be scored, from `img/` or from anywhere, as frames that a model can take."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from abnormal.commands import command
from abnormal.datasets import folder
from abnormal.errors import AbnormalError
from abnormal.files import require_path
from abnormal.frames.manifest import VideoRecord, read_manifest
from abnormal.frames.reader import read_frames, read_labels, read_masks
from abnormal.video.resample import at_rate, resize
from abnormal.video.stream import OpenFrames

# Frame rates that differ by less are the same: 29.97 and 30 are not, 25 and 25.01 are.
_SAME_RATE = 0.0005


@dataclass
class ModelFrames:
    """Frames ready for a model.

    Attributes:
        frames: `(size, size)` uint8 each; or, at their own size, grey `(height, width)` or in
            colours `(height, width, 3)`, red first.
        fps: Frames per second.
        notes: What was wrong with the source; complete once all frames are read.
    """

    frames: Iterator[np.ndarray]
    fps: float
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class InputVideo:
    """A video to be scored.

    Attributes:
        name: For tables and figures.
        open_frames: From a model's size and frames per second to its frames. Without a size they
            are the same frames at their own, in colours where the source has some.
        read_labels: Gives one uint8 per frame, 1 where abnormal; None where labels are unknown.
        read_masks: Gives `(n, height, width)` bool, True where abnormal; None where masks are
            unknown.
        situation: The kind of event; empty where unknown.
        frames: How many there are; 0 where that is not known before they are read.
        camera: Which one; empty where that is not known.
    """

    name: str
    open_frames: Callable[[int | None, float], AbstractContextManager[ModelFrames]]
    read_labels: Callable[[], np.ndarray | None] = lambda: None
    read_masks: Callable[[], np.ndarray | None] = lambda: None
    situation: str = ""
    frames: int = 0
    camera: str = ""


def stored_videos(img: Path, split: str = "testing") -> list[InputVideo]:
    """The videos of a split under `img/`.

    Raises:
        AbnormalError: There are none.
    """
    records = read_manifest(img, split)
    if not records:
        raise AbnormalError(
            f"There is no {split} video in {img}. Add some with `{command('preprocess')} --videos "
            f"FOLDER --split {split}`, or name a video with --source."
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
        )
        for record in records
    ]


def source_videos(path: Path, split: str = "") -> list[InputVideo]:
    """A video file, or all videos in a folder, without any `img/`.

    Args:
        path: It.
        split: Takes only those that `preprocess.py` would put there; empty for all.

    Raises:
        AbnormalError: There is no video there.
    """
    require_path(path)
    videos = [video for video in folder.find(path) if split in ("", video.split)]
    if not videos:
        raise AbnormalError(f"There is no {split + ' ' if split else ''}video in {path}.")
    return [
        InputVideo(
            video.name,
            partial(open_resampled, video.open_frames),
            situation=video.situation,
            camera=video.camera,
        )
        for video in videos
    ]


@contextlib.contextmanager
def open_resampled(open_frames: OpenFrames, size: int | None, fps: float) -> Iterator[ModelFrames]:
    """Opens a video for a model.

    Args:
        open_frames: Opens the source.
        size: Height and width that the model was made for; None for those of the source.
        fps: Frames per second that it was trained on. Another rate is resampled to it by the time
            stamps; a folder of pictures, which has no clock, is taken to have it.
    """
    with open_frames() as stream:
        frames = stream.frames
        if stream.fps is not None and abs(stream.fps / fps - 1) > _SAME_RATE:
            stream.notes.append(f"{stream.fps:g} frames a second are resampled to {fps:g}")
            frames = at_rate(frames, fps)
        if size is None:
            images = (frame.get_rgb() if frame.get_rgb else frame.image for frame in frames)
        else:
            images = (resize(frame.image, size, size) for frame in frames)
        yield ModelFrames(images, fps, stream.notes)


@contextlib.contextmanager
def _open_stored(
    img: Path, record: VideoRecord, size: int | None, fps: float
) -> Iterator[ModelFrames]:
    notes = []
    if abs(record.fps / fps - 1) > _SAME_RATE:
        notes.append(
            f"it has {record.fps:g} frames a second, the model knows {fps:g}: things look "
            f"{fps / record.fps:.2g} times as fast; extract it again with --fps {fps:g}"
        )
    frames = read_frames(img, record, size)
    if size is None and (shape := record.source.get("shape")):
        height, width = shape  # frames in img/ are square, whatever the source was
        frames = (resize(image, height, width) for image in frames)
    yield ModelFrames(frames, record.fps, notes)
