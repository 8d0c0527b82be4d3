"""The queue from the cameras' threads to the scoring, which never grows beyond its capacity."""

import collections
import threading

from abnormal.live.frame import LiveFrame, ReaderMessage


class Mailbox:
    """Holds the messages of the cameras until they are scored, and drops the oldest frames."""

    def __init__(self, cameras: int, capacity: int) -> None:
        """Makes an empty mailbox.

        Args:
            cameras: Number of cameras.
            capacity: Number of frames of each camera that may wait.
        """
        self._waiting = [collections.deque[ReaderMessage]() for _ in range(cameras)]
        self._capacity = capacity
        self._dropped = [0] * cameras
        self._changed = threading.Condition()

    def put(self, camera: int, message: ReaderMessage) -> None:
        """Adds a message and returns at once; if too many frames wait, drops the oldest one.

        Args:
            camera: Number of the camera, from 0.
            message: A frame, or what went wrong with the camera, which is never dropped.
        """
        with self._changed:
            waiting = self._waiting[camera]
            waiting.append(message)
            frames = [index for index, one in enumerate(waiting) if isinstance(one, LiveFrame)]
            if len(frames) > self._capacity:
                del waiting[frames[0]]
                self._dropped[camera] += 1
            self._changed.notify()

    def take(self, most: int, timeout_sec: float) -> list[tuple[int, ReaderMessage]]:
        """Takes the oldest messages of each camera, with the camera's number.

        Args:
            most: The number of messages of each camera is at most this. The others go on waiting,
                so that they are dropped here if there are too many, rather than scored late.
            timeout_sec: How long to wait for a message, in seconds; the list is empty after that.
        """
        with self._changed:
            self._changed.wait_for(lambda: any(self._waiting), timeout_sec)
            return [
                (camera, waiting.popleft())
                for camera, waiting in enumerate(self._waiting)
                for _ in range(min(most, len(waiting)))
            ]

    def dropped(self, camera: int) -> int:
        """Returns how many frames of a camera have been dropped since the start."""
        return self._dropped[camera]
