"""What is so of a camera now, as it is published by MQTT."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path

from abnormal.live.event import AMENDED, ANOMALY, DISCONNECTED, LiveEvent
from abnormal.live.home_assistant import OFF, OFFLINE, ON, ONLINE, camera_topics, topic_level
from abnormal.live.tracker import CLOSED


class PublishedCamera:
    """Follows one camera from its events and scores; any thread may call its methods.

    Attributes:
        topics: The topics of the camera.
    """

    def __init__(self, name: str, prefix: str) -> None:
        """Starts without an event.

        Args:
            name: Name of the camera.
            prefix: What all topics begin with.
        """
        self.topics = camera_topics(prefix, topic_level(name))
        self._lock = threading.Lock()
        self._open: set[str] = set()  # kinds of events that go on
        self._picture = ""  # path of the newest one, until it is taken
        self._newest: tuple[float, float] | None = None  # of the scores that were published
        self._score: float | None = None

    def note(self, event: LiveEvent) -> None:
        """Notes the newest state of an event of the camera."""
        if event.state == AMENDED:
            return
        with self._lock:
            (self._open.discard if event.state == CLOSED else self._open.add)(event.kind)
            self._picture = event.thumbnail or self._picture

    @property
    def alarm(self) -> bytes:
        """Whether an anomaly goes on, as a payload."""
        return ON if ANOMALY in self._kinds() else OFF

    @property
    def connection(self) -> bytes:
        """Whether the camera is connected, as a payload."""
        return OFFLINE if DISCONNECTED in self._kinds() else ONLINE

    def take_picture(self) -> bytes | None:
        """Returns the newest thumbnail, in JPEG, if there is a new one since the last call."""
        with self._lock:
            path, self._picture = self._picture, ""
        try:
            return Path(path).read_bytes() if path else None
        except OSError:  # it has been removed meanwhile
            return None

    def status(self, scores: Sequence[tuple[float, float]]) -> bytes:
        """Returns the payload `status`, with the highest score since the last call, if any.

        Args:
            scores: Of the newest frames: when each was taken, and its score; may be empty.
        """
        recent = scores
        if self._newest in recent:
            recent = recent[recent.index(self._newest) + 1 :]
        if recent:
            self._newest = recent[-1]
            self._score = round(max(score for _, score in recent), 2)
        problems = sorted(self._kinds() - {ANOMALY})
        return json.dumps({"score": self._score, "problems": problems}).encode()

    def _kinds(self) -> set[str]:
        with self._lock:
            return set(self._open)
