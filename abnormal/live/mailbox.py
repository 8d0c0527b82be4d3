"""The one way from the cameras' threads to the scoring: short, and never longer."""

import collections
import threading

from abnormal.live.frame import LiveFrame, Message


class Mailbox:
    """Holds what the cameras gave until it is scored; where that is too much, drops the oldest."""

    def __init__(self, cameras: int, capacity: int) -> None:
        """Begins empty.

        Args:
            cameras: How many there are.
            capacity: Frames of each that may wait.
        """
        self._waiting = [collections.deque[Message]() for _ in range(cameras)]
        self._capacity = capacity
        self._dropped = [0] * cameras
        self._changed = threading.Condition()

    def put(self, camera: int, message: Message) -> None:
        """Leaves something to be scored; it never waits."""
        with self._changed:
            waiting = self._waiting[camera]
            waiting.append(message)
            frames = [place for place, one in enumerate(waiting) if isinstance(one, LiveFrame)]
            if len(frames) > self._capacity:
                del waiting[frames[0]]  # what is said of a camera is not dropped
                self._dropped[camera] += 1
            self._changed.notify()

    def take(self, most: int, timeout_sec: float) -> list[tuple[int, Message]]:
        """What has waited longest of each camera, in order; after the time, perhaps nothing.

        Args:
            most: Of each camera. What is not taken goes on waiting, so that it is dropped here
                where there is too much, and not scored late.
            timeout_sec: How long to wait for something.
        """
        with self._changed:
            self._changed.wait_for(lambda: any(self._waiting), timeout_sec)
            return [
                (camera, waiting.popleft())
                for camera, waiting in enumerate(self._waiting)
                for _ in range(min(most, len(waiting)))
            ]

    def dropped(self, camera: int) -> int:
        """How many frames of a camera were dropped so far."""
        return self._dropped[camera]
