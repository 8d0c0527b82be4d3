"""What was seen around an event: a thumbnail of its peak, and a clip.

The last pictures of a camera are kept in memory as JPEG, and a clip is cut from them. Memory is
that of the ring, whatever happens.
"""

import collections
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

BEFORE_SEC, AFTER_SEC, LONGEST_SEC = 5.0, 4.0, 30.0
"""Of a clip: before the event, after it, and in all."""

log = logging.getLogger(__name__)


@dataclass
class _Cut:
    """A clip to be. `stop_sec` is infinite while its event goes on."""

    path: Path
    start_sec: float
    stop_sec: float


class Recorder:
    """Keeps the last pictures of one camera, and writes those of its events."""

    def __init__(self, folder: Path, fps: float, clips: ClipWriter) -> None:
        """Begins without a picture.

        Args:
            folder: Of the results.
            fps: Pictures per second.
            clips: Writes the clips.
        """
        self._folder, self._fps, self._clips = folder, fps, clips
        self._ring: collections.deque[tuple[float, bytes]] = collections.deque(
            maxlen=round(LONGEST_SEC * fps)
        )
        self._cuts: dict[str, _Cut] = {}

    def add(self, frame: LiveFrame) -> None:
        """Keeps a frame's picture."""
        if frame.jpeg is None:
            return
        self._ring.append((frame.moment.sec, frame.jpeg))
        for name, cut in list(self._cuts.items()):
            end_sec = min(cut.stop_sec, cut.start_sec + LONGEST_SEC - 1 / self._fps)
            if frame.moment.sec >= end_sec:
                self._write(name)

    def files(self, name: str) -> dict[str, str | None]:
        """The paths of an event's pictures.

        Args:
            name: Its id.
        """
        return {
            "thumbnail": str(self._folder / "thumbnails" / f"{name}.jpg"),
            "clip": str(self._folder / "clips" / f"{name}.mp4"),
        }

    def follow(self, event: LiveEvent, ongoing: OngoingEvent) -> None:
        """Writes the thumbnail of what is told next, and later the clip.

        What cannot be written is said: a full disk does not end the watch.
        """
        if event.thumbnail and event.clip:
            try:
                self._draw(Path(event.thumbnail), ongoing.peak)
            except AbnormalError as error:
                log.error("left out: %s", error)
            if event.state == OPENED:
                start_sec = ongoing.start.sec - BEFORE_SEC
                self._cuts[event.id] = _Cut(Path(event.clip), start_sec, float("inf"))
            elif event.state == CLOSED and event.id in self._cuts:
                self._cuts[event.id].stop_sec = ongoing.last.sec + AFTER_SEC

    def finish(self) -> None:
        """No picture will come any more."""
        for name in list(self._cuts):
            self._write(name)

    def _write(self, name: str) -> None:
        cut = self._cuts.pop(name)
        stop_sec = min(cut.stop_sec, cut.start_sec + LONGEST_SEC)
        pictures = [data for sec, data in self._ring if cut.start_sec <= sec <= stop_sec]
        if pictures:
            self._clips.write(cut.path, pictures, self._fps)

    def _draw(self, path: Path, peak: LiveFrameScore) -> None:
        near = min(self._ring, key=lambda one: abs(one[0] - peak.moment.sec), default=None)
        if near is None or abs(near[0] - peak.moment.sec) > 1:
            return  # the peak of a long event has left the ring: its thumbnail is there
        write_thumbnail(path, from_jpeg(near[1]), peak.box or (0, 0, 0, 0))
