"""Keeps pictures of events: a thumbnail of the peak, and a video clip.

The last pictures of a camera are kept in memory as JPEG, and clips are cut from them. The memory
does not depend on the number of events.
"""

import collections
import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.live.clips import ClipWriter
from abnormal.live.event import LiveEvent
from abnormal.live.frame import LiveFrame
from abnormal.live.tracker import CLOSED, OPENED, LiveFrameScore, OngoingEvent
from abnormal.video.jpeg import from_jpeg
from abnormal.video.thumbnail import write_thumbnail

BEFORE_SEC = 5.0
"""A clip begins so many seconds before its event."""
AFTER_SEC = 4.0
"""A clip ends so many seconds after its event."""
LONGEST_SEC = 30.0
"""A clip has so many seconds at most."""

log = logging.getLogger(__name__)


@dataclass
class _PendingClip:
    """A clip whose last pictures have not come yet.

    Attributes:
        path: Name of the file.
        start_sec: When the clip begins, in seconds since the camera's first frame.
        stop_sec: When the clip ends, in the same seconds; infinite while its event goes on.
    """

    path: Path
    start_sec: float
    stop_sec: float


class Recorder:
    """Keeps the last pictures of one camera, and writes thumbnails and clips of its events."""

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

    def add(self, frame: LiveFrame) -> None:
        """Keeps the picture of the camera's next frame, and writes clips that are complete."""
        if frame.jpeg is None:
            return
        self._recent.append((frame.moment.sec, frame.jpeg))
        for name, clip in list(self._pending.items()):
            end_sec = min(clip.stop_sec, clip.start_sec + LONGEST_SEC - 1 / self._fps)
            if frame.moment.sec >= end_sec:
                self._write_clip(name)

    def paths(self, name: str) -> dict[str, str | None]:
        """Returns the paths `thumbnail` and `clip` of an event, whether or not they exist yet.

        Args:
            name: The id of the event.
        """
        return {
            "thumbnail": str(self._folder / "thumbnails" / f"{name}.jpg"),
            "clip": str(self._folder / "clips" / f"{name}.mp4"),
        }

    def record(self, event: LiveEvent, ongoing: OngoingEvent) -> LiveEvent:
        """Writes the thumbnail of an event that is about to be reported, and later its clip.

        If a file cannot be written, for instance because the disk is full, an error is logged and
        the watch goes on.

        Args:
            event: The report, with the paths of the files; without them nothing is written.
            ongoing: The event that it reports.

        Returns:
            The report, without the path of a thumbnail that could not be written.
        """
        if event.thumbnail and event.clip:
            try:
                self._write_thumbnail(Path(event.thumbnail), ongoing.peak)
            except AbnormalError as error:
                log.error("left out: %s", error)
            if event.state == OPENED:
                start_sec = ongoing.start.sec - BEFORE_SEC
                self._pending[event.id] = _PendingClip(Path(event.clip), start_sec, float("inf"))
            elif event.state == CLOSED and event.id in self._pending:
                self._pending[event.id].stop_sec = ongoing.last.sec + AFTER_SEC
            if not Path(event.thumbnail).is_file():
                return dataclasses.replace(event, thumbnail=None)
        return event

    def finish(self) -> None:
        """Writes the pending clips with the pictures that have come, as no more will come."""
        for name in list(self._pending):
            self._write_clip(name)

    def _write_clip(self, name: str) -> None:
        clip = self._pending.pop(name)
        stop_sec = min(clip.stop_sec, clip.start_sec + LONGEST_SEC)
        pictures = [jpeg for sec, jpeg in self._recent if clip.start_sec <= sec <= stop_sec]
        if pictures:
            self._clips.write(clip.path, pictures, self._fps)

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
