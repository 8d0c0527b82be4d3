"""What there is to know about the cameras at the moment, for those who look at more than events."""

import collections
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abnormal.live.event import ANOMALY, DISCONNECTED
from abnormal.live.frame import LiveFrame
from abnormal.live.tracker import CLOSED, OPENED

if TYPE_CHECKING:
    from abnormal.live.dismissals import Dismissals

WAITING, WATCHING, ENDED = "waiting", "watching", "ended"
"""States of a camera that has sent nothing yet, that is in order, and whose file has ended. Other
states are `disconnected` and the faults of its pictures."""

STEP_SEC = 10
"""The curve has one point, the highest score, for so many seconds."""
CURVE_SEC = 3600
"""The curve goes back for so many seconds."""
BREAK_SEC = 5
"""After so many seconds without a frame, it is not known how far the scores are behind."""
NEWEST_SCORES = 250
"""So many scores of single frames are kept, which are those of ten seconds at 25 a second."""
LATENCIES = 1500
"""The latency is that of the last so many frames, which is a minute at 25 frames a second."""


@dataclass(frozen=True)
class CameraNow:
    """A camera at one moment.

    Attributes:
        name: Name of the camera.
        state: See `WAITING`.
        alarm: Whether an anomaly is going on.
        picture_utc: When the newest picture was taken, in seconds since 1970; None before the
            first one, and if no pictures are kept.
        threshold: An alarm begins where the score is above this.
        frames: Number of frames scored since the start.
        dropped: Number of frames dropped since the start.
        without_network: Number of scored frames for which the network had no time, since the start.
        latency_sec: Median and 95 % quantile of the time from arrival to score of the last minute's
            frames; None before the first one.
        behind_sec: How much newer the newest frame is than the newest one that has a score.
        events: Number of events opened since the start, by kind.
        regime: Which of several regimes it shows, for people; empty if only one is known.
    """

    name: str
    state: str
    alarm: bool
    picture_utc: float | None
    threshold: float
    frames: int
    dropped: int
    without_network: int
    latency_sec: tuple[float, float] | None
    behind_sec: float
    events: dict[str, int]
    regime: str = ""


class CameraStatus:
    """Follows one camera; its threads write, and others may read at any time.

    Attributes:
        name: Name of the camera.
        dropped: Returns the number of frames dropped since the start.
        without_network: Number of scored frames for which the network had no time, since the start.
        regime: Which of several regimes the camera shows, for people; empty if only one is known.
    """

    def __init__(self, name: str, threshold: float = 0.0) -> None:
        """Starts before the first frame.

        Args:
            name: Name of the camera.
            threshold: An alarm begins where the score is above this.
        """
        self.name, self.threshold = name, threshold
        self.dropped: Callable[[], int] = lambda: 0
        self.without_network = 0
        self.regime = ""
        self._newest: LiveFrame | None = None
        self._scored_sec = 0.0
        self._frames, self._ended = 0, False
        self._latencies_sec = collections.deque[float](maxlen=LATENCIES)
        self._scores = collections.deque[tuple[float, float]](maxlen=NEWEST_SCORES)
        self._curve = collections.deque[tuple[int, float]](maxlen=CURVE_SEC // STEP_SEC)
        self._open: set[str] = set()
        self._events = collections.Counter[str]()
        self._lock = threading.Lock()

    def see(self, frame: LiveFrame) -> None:
        """Handles the arrival of the camera's next frame."""
        with self._lock:
            before = self._newest.arrival_sec if self._newest else -np.inf
            if frame.arrival_sec - before > BREAK_SEC:
                self._scored_sec = frame.arrival_sec
            self._newest, self._ended = frame, False

    def end(self) -> None:
        """Handles that no more frames will come, because the source was a file."""
        self._ended = True

    def report(self, kind: str, state: str) -> None:
        """Handles a new state of an event."""
        with self._lock:
            if state == OPENED:
                self._events[kind] += 1
                self._open.add(kind)
            elif state == CLOSED:
                self._open.discard(kind)

    def add(self, frames: Iterable[LiveFrame], scores: Iterable[float], now_sec: float) -> None:
        """Adds the scores of the next frames.

        Args:
            frames: The frames.
            scores: The score of each.
            now_sec: The present time, in seconds by the clock of the arrivals.
        """
        with self._lock:
            for frame, score in zip(frames, scores, strict=True):
                self._frames += 1
                self._scored_sec = frame.arrival_sec
                self._scores.append((frame.moment.utc, float(score)))
                self._latencies_sec.append(now_sec - frame.arrival_sec)
                step = int(frame.moment.utc // STEP_SEC) * STEP_SEC
                while self._curve and self._curve[-1][0] > step:  # the clock has been set back
                    self._curve.pop()
                before = self._curve.pop()[1] if self._curve and self._curve[-1][0] == step else 0
                self._curve.append((step, max(before, round(float(score), 3))))

    def now(self) -> CameraNow:
        """Returns what is known at this moment."""
        with self._lock:
            newest, latencies = self._newest, list(self._latencies_sec)
            behind = newest.arrival_sec - self._scored_sec if newest else 0.0
            return CameraNow(
                name=self.name,
                state=self._state(),
                alarm=ANOMALY in self._open,
                picture_utc=newest.moment.utc if newest and newest.jpeg else None,
                threshold=self.threshold,
                frames=self._frames,
                dropped=self.dropped(),
                without_network=self.without_network,
                latency_sec=_quantiles(latencies) if latencies else None,
                behind_sec=round(max(0.0, behind), 1),
                events=dict(self._events),
                regime=self.regime,
            )

    def newest_scores(self) -> list[tuple[float, float]]:
        """Returns for each of the newest frames when it was taken (UTC) and its score."""
        with self._lock:
            return list(self._scores)

    def curve(self) -> list[tuple[int, float]]:
        """Returns the points of the last hour: seconds since 1970, and the highest score since."""
        with self._lock:
            return list(self._curve)

    def picture(self) -> bytes | None:
        """Returns the newest picture as JPEG; None if there is none, or if none are kept."""
        newest = self._newest
        return newest.jpeg if newest else None

    def _state(self) -> str:
        if DISCONNECTED in self._open:
            return DISCONNECTED
        if faults := self._open - {ANOMALY}:
            return min(faults)
        if self._ended:
            return ENDED
        return WATCHING if self._newest else WAITING


class Watched:
    """What is being watched; only its names are known until the cameras are set up.

    Attributes:
        names: Names of the cameras.
        has_pictures: Whether thumbnails of events are kept.
        cameras: The cameras.
        dismissals: Dismisses events as false alarms.
    """

    def __init__(self, names: Sequence[str] = (), has_pictures: bool = True) -> None:
        self.names, self.has_pictures = tuple(names), has_pictures
        self.cameras: list[CameraStatus] = []
        self.dismissals: Dismissals | None = None

    def set_up(self, cameras: list[CameraStatus], dismissals: "Dismissals") -> None:
        """Takes over what is being watched from now on."""
        self.cameras, self.dismissals = cameras, dismissals


def _quantiles(latencies_sec: list[float]) -> tuple[float, float]:
    median, high = np.quantile(latencies_sec, (0.5, 0.95))
    return round(float(median), 3), round(float(high), 3)
