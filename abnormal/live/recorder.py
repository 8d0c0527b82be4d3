"""Keeps pictures of events: a thumbnail of the peak, and a video clip.

The last pictures of a camera are kept in memory as JPEG, and clips are cut from them. The memory
does not depend on the number of events.

clips/
  EVENT.mp4
  .awaited-EVENT.json    until there is a clip, or a message has said that there will be none
"""

import collections
import contextlib
import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.files import make_folder, read_json, write_json
from abnormal.live.clips import ClipWriter
from abnormal.live.event import AMENDED, LiveEvent, SendEvent
from abnormal.live.frame import LiveFrame
from abnormal.live.tracker import CLOSED, OPENED, LiveFrameScore, OngoingEvent
from abnormal.replacing import remove_partial
from abnormal.urls import without_secrets
from abnormal.video.jpeg import from_jpeg
from abnormal.video.thumbnail import write_thumbnail

BEFORE_SEC = 5.0
"""A clip begins so many seconds before its event."""
AFTER_SEC = 4.0
"""A clip ends so many seconds after its event."""
LONGEST_SEC = 30.0
"""A clip has so many seconds at most."""

CLIPS = "clips"
"""Folder of the clips in the folder of results."""
THUMBNAILS = "thumbnails"
"""Folder of the thumbnails, in which `test_model.py` keeps those of files, too."""

log = logging.getLogger(__name__)


@dataclass
class _PendingClip:
    """A clip whose last pictures have not come yet.

    Attributes:
        event: The last report of its event.
        start_sec: When the clip begins, in seconds since the camera's first frame.
        stop_sec: When the clip ends, in the same seconds; infinite while its event goes on.
    """

    event: LiveEvent
    start_sec: float
    stop_sec: float


class Recorder:
    """Keeps the last pictures of one camera, and writes thumbnails and clips of its events.

    Attributes:
        amend: Receives the report that an event has no clip, although earlier ones named one.
    """

    def __init__(self, folder: Path, fps: float, clips: ClipWriter) -> None:
        """Starts without pictures.

        Args:
            folder: The folder of results.
            fps: Pictures per second.
            clips: Writes the clips.
        """
        self._folder, self._fps, self._clips = folder, fps, clips
        self._recent: collections.deque[tuple[float, bytes]] = collections.deque(
            maxlen=round(LONGEST_SEC * fps)
        )
        self._pending: dict[str, _PendingClip] = {}  # by the id of the event
        self._lost: set[str] = set()  # events that go on, without a clip
        self.amend: Callable[[LiveEvent], None] = lambda event: None

    def add(self, frame: LiveFrame) -> None:
        """Keeps the picture of the camera's next frame, and writes clips that are complete."""
        if frame.jpeg and (not self._recent or frame.moment.sec > self._recent[-1][0]):
            self._recent.append((frame.moment.sec, frame.jpeg))
        self.write_complete_clips(frame.moment.sec)

    def write_complete_clips(self, sec: float) -> None:
        """Writes the clips that end before a time, whether or not pictures still come.

        Pictures that are too old for further clips are dropped.

        Args:
            sec: The present time, in seconds since the camera's first frame.
        """
        for name, clip in list(self._pending.items()):
            if sec >= min(clip.stop_sec, clip.start_sec + LONGEST_SEC - 1 / self._fps):
                self._write_clip(name)
        while self._recent and self._recent[0][0] < sec - LONGEST_SEC:
            self._recent.popleft()

    def paths(self, name: str) -> dict[str, str | None]:
        """Returns the paths `thumbnail` and `clip` of an event, whether or not they exist yet.

        Args:
            name: The id of the event.
        """
        return {
            "thumbnail": str(self._folder / THUMBNAILS / f"{name}.jpg"),
            "clip": str(self._folder / CLIPS / f"{name}.mp4"),
        }

    def record(self, event: LiveEvent, ongoing: OngoingEvent) -> LiveEvent:
        """Writes the thumbnail of an event that is about to be reported, and later its clip.

        If a file cannot be written, for instance because the disk is full, an error is logged and
        the watch goes on.

        Args:
            event: The report, with the paths of the files; without them nothing is written.
            ongoing: The event that it reports.

        Returns:
            The report without the paths of files that will not be there.
        """
        if not event.thumbnail or not event.clip:
            return event
        if event.id in self._lost:
            event = dataclasses.replace(event, clip=None)
            self._lost -= {event.id} if event.state == CLOSED else set()
        if event.state == OPENED:
            start_sec = ongoing.start.sec - BEFORE_SEC
            self._pending[event.id] = _PendingClip(event, start_sec, float("inf"))
        try:
            self._write_thumbnail(Path(str(event.thumbnail)), ongoing.peak)
            if event.id in self._pending:
                make_folder(self._folder / CLIPS)
                write_json(_awaited(self._folder, event.id), event.as_dict())
        except AbnormalError as error:
            log.error("left out: %s", error)
        if not Path(str(event.thumbnail)).exists():
            event = dataclasses.replace(event, thumbnail=None)
        if pending := self._pending.get(event.id):
            pending.event = event
            if event.state == CLOSED:
                pending.stop_sec = ongoing.last.sec + AFTER_SEC
        return event

    def finish(self) -> None:
        """Writes the pending clips with the pictures that have come, as no more will come."""
        for name in list(self._pending):
            self._write_clip(name)

    def _write_clip(self, name: str) -> None:
        clip = self._pending.pop(name)
        stop_sec = min(clip.stop_sec, clip.start_sec + LONGEST_SEC)
        pictures = [one for one in self._recent if clip.start_sec <= one[0] <= stop_sec]
        self._clips.write(Path(str(clip.event.clip)), pictures, partial(self._finish_clip, clip))

    def _finish_clip(self, clip: _PendingClip, reason: str) -> None:
        if reason:
            if clip.stop_sec == float("inf"):
                self._lost.add(clip.event.id)
            self.amend(_without_clip(clip.event, reason))
        with contextlib.suppress(OSError):
            _awaited(self._folder, clip.event.id).unlink(missing_ok=True)

    def _write_thumbnail(self, path: Path, peak: LiveFrameScore) -> None:
        """Draws the intact picture that is nearest to the peak.

        The peak of a long event is no longer kept, but its thumbnail exists already.
        """
        near = [one for one in self._recent if abs(one[0] - peak.moment.sec) <= 1]
        for _, jpeg in sorted(near, key=lambda one: abs(one[0] - peak.moment.sec)):
            try:
                picture = from_jpeg(jpeg)
            except AbnormalError:
                continue
            write_thumbnail(path, picture, peak.box or (0, 0, 0, 0))
            return


def amend_events_of_killed_run(folder: Path, send: SendEvent) -> None:
    """Reports the events for whose clips an earlier run was killed before it could write them.

    Args:
        folder: The folder of results.
        send: Receives the reports.
    """
    clips = folder / CLIPS
    remove_partial(clips)
    for note in sorted(clips.glob(".awaited-*.json")):
        try:
            event = LiveEvent(**read_json(note))
            if note != _awaited(folder, event.id):  # the id is part of other file names, too
                raise ValueError("it is not about the event that its name says")
            if not Path(str(event.clip)).exists():
                send(_without_clip(event, "the program was killed before it was written"))
        except (AbnormalError, OSError, TypeError, ValueError) as error:
            log.warning("%s is left out: %s", note, error)
        with contextlib.suppress(OSError):
            note.unlink()


def _awaited(folder: Path, name: str) -> Path:
    return folder / CLIPS / f".awaited-{name}.json"


def _without_clip(event: LiveEvent, reason: str) -> LiveEvent:
    reason = without_secrets(reason)
    detail = "; ".join(filter(None, (event.detail, f"no clip: {reason}")))
    sentence = f"{event.sentence} There is no clip: {reason.rstrip('.')}."
    return dataclasses.replace(
        event, state=AMENDED, clip=None, detail=detail, sentence=sentence.strip()
    )
