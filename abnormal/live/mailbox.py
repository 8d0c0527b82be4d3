"""The queue from the cameras' threads to the scoring, which never grows beyond its capacity."""

import collections
import threading

from abnormal.live.frame import LiveFrame, ReaderMessage


class Mailbox:
    """Holds the messages of the cameras until they are scored.

    Nothing is dropped here. A camera's thread waits for room before it prepares another frame, so
    that no frame is prepared which nobody will score.
    """

    def __init__(self, cameras: int, capacity: int) -> None:
        """Makes an empty mailbox.

        Args:
            cameras: Number of cameras.
            capacity: Number of frames of each camera that may wait.
        """
        self._waiting = [collections.deque[ReaderMessage]() for _ in range(cameras)]
        self._capacity = capacity
        self._is_full = [False] * cameras
        self._changed = threading.Condition()

    def put(self, camera: int, message: ReaderMessage) -> None:
        """Adds a message and returns at once.

        Args:
            camera: Number of the camera, from 0.
            message: A frame, or what went wrong with the camera.
        """
        with self._changed:
            waiting = self._waiting[camera]
            waiting.append(message)
            frames = sum(isinstance(one, LiveFrame) for one in waiting)
            self._is_full[camera] |= frames >= self._capacity
            self._changed.notify_all()

    def wait_for_room(self, camera: int, timeout_sec: float) -> bool:
        """Waits until there is room for frames of a camera.

        If there is none, there will be when half of the capacity is free. If the scoring does not
        keep up, frames are therefore missing in long pieces, and scored in long pieces.

        Args:
            camera: Number of the camera, from 0.
            timeout_sec: How long to wait, in seconds.

        Returns:
            Whether there is room.
        """
        with self._changed:
            return self._changed.wait_for(lambda: not self._is_full[camera], timeout_sec)

    def take(self, most: int, timeout_sec: float) -> list[tuple[int, ReaderMessage]]:
        """Takes the oldest messages of each camera, with the camera's number.

        Args:
            most: The number of messages of each camera is at most this.
            timeout_sec: How long to wait for a message, in seconds; the list is empty after that.
        """
        with self._changed:
            self._changed.wait_for(lambda: any(self._waiting), timeout_sec)
            taken = [
                (camera, waiting.popleft())
                for camera, waiting in enumerate(self._waiting)
                for _ in range(min(most, len(waiting)))
            ]
            self._is_full = [
                is_full and len(waiting) > self._capacity // 2
                for is_full, waiting in zip(self._is_full, self._waiting, strict=True)
            ]
            self._changed.notify_all()
            return taken
