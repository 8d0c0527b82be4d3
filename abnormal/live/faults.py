"""Reports what is wrong with a camera: pictures that cannot be scored, and a lost connection.

This happens in the camera's own thread and by its own clock. It does not wait for frames to be
scored, which takes long on a machine that is busy.
"""

import threading

from abnormal.live.camera_events import CameraEvents
from abnormal.live.event import DISCONNECTED
from abnormal.live.frame import ConnectionLost, LiveFrame, Moment, ReaderMessage
from abnormal.live.gate import FAULTS
from abnormal.live.tracker import CLOSED, OPENED, LiveFrameScore, LiveTracker, OngoingEvent
from abnormal.scoring.alarm import Alarm

SHORTEST_FAULT_SEC = 0.5
"""A fault that lasts for fewer seconds is no event, although its pictures raise no alarm."""


class CameraFaults:
    """Follows the faults of one camera from its messages."""

    def __init__(self, fps: float, events: CameraEvents) -> None:
        """Starts without a fault.

        Args:
            fps: Frames per second of the model.
            events: Reports the faults.
        """
        self._fps, self._events = fps, events
        self._trackers = {
            fault: LiveTracker(Alarm(fault, 0.5, 0.5, shortest_sec=SHORTEST_FAULT_SEC), fps)
            for fault in FAULTS
        }
        self._disconnection: OngoingEvent | None = None
        self._newest: LiveFrame | None = None
        self._ended = self._is_finished = False
        self._lock = threading.Lock()

    def take(self, message: ReaderMessage) -> None:
        """Handles the camera's next message."""
        with self._lock:
            if self._is_finished:
                return
            if isinstance(message, LiveFrame):
                self._add(message)
            elif isinstance(message, ConnectionLost):
                self._handle_loss(message)

    def pass_time(self, now_sec: float) -> None:
        """Handles that no message has come for a while after the connection was lost.

        Args:
            now_sec: The present time, in seconds by the clock of the arrivals.
        """
        with self._lock:
            is_over = self._ended or self._is_finished
            if self._newest is None or self._disconnection is None or is_over:
                return
            silent_sec = now_sec - self._newest.arrival_sec
            self._close_ended(self._newest.moment.number + int(silent_sec * self._fps))
            self._events.pass_time(self._newest.moment.sec + silent_sec)

    def finish(self) -> None:
        """Closes all events when the watch ends; what comes after that is ignored."""
        with self._lock:
            self._is_finished = True
            for fault, tracker in self._trackers.items():
                self._events.report(fault, tracker.finish())
            if self._disconnection and not self._ended:
                self._events.report(DISCONNECTED, [(CLOSED, self._disconnection)])

    def _add(self, frame: LiveFrame) -> None:
        before, self._newest = self._newest, frame
        if self._disconnection:
            self._events.health.reconnects += before is not None
            self._disconnection = self._disconnection._replace(last=frame.moment)
            self._events.report(DISCONNECTED, [(CLOSED, self._disconnection)])
            self._disconnection = before = None
        self._events.keep(frame)
        if before and before.fault == frame.fault != "":
            self._add_dropped(before, frame)
        for fault, tracker in self._trackers.items():
            score = float(frame.fault == fault)
            scored = LiveFrameScore(frame.moment, score, None, frame.detail)
            self._events.report(fault, tracker.add(scored))

    def _add_dropped(self, before: LiveFrame, after: LiveFrame) -> None:
        """Adds frames that were dropped between two with the same fault, and have it, too."""
        for number in range(before.moment.number + 1, after.moment.number):
            later_sec = (number - before.moment.number) / self._fps
            moment = Moment(number, before.moment.sec + later_sec, before.moment.utc + later_sec)
            scored = LiveFrameScore(moment, 1.0, None, before.detail)
            self._events.report(before.fault, self._trackers[before.fault].add(scored))

    def _handle_loss(self, lost: ConnectionLost) -> None:
        self._ended = lost.ended
        if lost.ended:
            self._events.status.end()
        if self._disconnection:
            self._disconnection = self._disconnection._replace(last=lost.moment)
        elif not lost.ended:
            first = self._newest.moment if self._newest else lost.moment
            seen = LiveFrameScore(lost.moment, 1.0, None, lost.reason)
            self._disconnection = OngoingEvent(first, lost.moment, seen, 1.0)
            self._events.report(DISCONNECTED, [(OPENED, self._disconnection)])

    def _close_ended(self, number: int) -> None:
        for fault, tracker in self._trackers.items():
            self._events.report(fault, tracker.skip_to(number))
