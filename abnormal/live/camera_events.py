"""Reports the events of one camera, from whatever thread notices them, with their pictures."""

import dataclasses
import threading
from collections.abc import Callable

from abnormal.live.event import DISCONNECTED, EventIds, LiveEvent, SendEvent, make_event
from abnormal.live.frame import LiveFrame
from abnormal.live.health import Health
from abnormal.live.recorder import Recorder
from abnormal.live.status import CameraStatus
from abnormal.live.tracker import OPENED, Change


class CameraEvents:
    """Makes reports of changes, one after the other, and sends them.

    Attributes:
        camera: Name of the camera.
        health: Counts the events.
        status: Knows what is going on at the moment.
        id_of: Returns the identifier of the newest event of a kind, given when it began.
        why_quiet: Returns why receivers are not told of an event, given its next state and when it
            began, in seconds since 1970; an empty string if they are told.
    """

    def __init__(self, camera: str, send: SendEvent, recorder: Recorder | None) -> None:
        """Starts without an event.

        Args:
            camera: Name of the camera.
            send: Receives each state of each event.
            recorder: Keeps pictures of events; None if no pictures may be kept.
        """
        self.camera, self._send, self._recorder = camera, send, recorder
        self.health, self.status = Health(camera), CameraStatus(camera)
        self.why_quiet: Callable[[LiveEvent, float], str] = lambda event, utc: ""
        self.id_of = EventIds(camera).of
        self._lock = threading.RLock()
        if recorder:
            recorder.amend = self._amend

    def keep(self, frame: LiveFrame) -> None:
        """Keeps the picture of the camera's next frame for events to come."""
        self.status.see(frame)
        if self._recorder:
            with self._lock:
                self._recorder.add(frame)

    def pass_time(self, sec: float) -> None:
        """Writes the clips that end before a time, in seconds since the camera's first frame."""
        if self._recorder:
            with self._lock:
                self._recorder.write_complete_clips(sec)

    def report(self, kind: str, changes: list[Change]) -> None:
        """Sends the changes of events of one kind, and lets the recorder keep their pictures."""
        with self._lock:
            for state, ongoing in changes:
                self.health.alarms += state == OPENED
                self.status.report(kind, state)
                files: dict[str, str | None] = {}
                name = self.id_of(kind, ongoing.start)
                if self._recorder and kind != DISCONNECTED:
                    files = self._recorder.paths(name)
                event = make_event(self.camera, kind, state, ongoing, **files)
                event = dataclasses.replace(event, id=name)
                if reason := self.why_quiet(event, ongoing.start.utc):
                    event = dataclasses.replace(event, quiet=True, quiet_reason=reason)
                if self._recorder:
                    event = self._recorder.record(event, ongoing)
                self._send(event)

    def finish(self) -> None:
        """Writes the clips whose last pictures have not come, because the watch ends."""
        if self._recorder:
            with self._lock:
                self._recorder.finish()

    def _amend(self, event: LiveEvent) -> None:
        with self._lock:
            self._send(event)
