"""The queue from the cameras' threads to the scoring."""

import collections
import threading

from abnormal.live.frame import LiveFrame, ReaderMessage


class Mailbox:
    """Holds the messages of the cameras until they are scored.

    Nothing is dropped here. A camera's thread asks whether there is room before it measures what
    only the scoring needs, and drops the frame if there is none.
    """

    def __init__(self, cameras: int, *, capacity: int, clip_length: int, hop: int) -> None:
        """Makes an empty mailbox.

        Args:
            cameras: Number of cameras.
            capacity: When so many frames of a camera wait, there is no more room after the end of
                the clip (or, of clips of one frame, the second one), because a clip that is not
                complete costs as much as one that is. If none ends, as many frames more may wait.
            clip_length: Number of frames in a clip.
            hop: Number of frames from the start of one clip to the start of the next.
        """
        self._waiting = [collections.deque[ReaderMessage]() for _ in range(cameras)]
        self._capacity, self._clip_length, self._hop = capacity, clip_length, hop
        self._came = [0] * cameras  # frames since the last gap, after which clips begin anew
        self._next = [0] * cameras  # number of the frame that follows without a gap
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
            if isinstance(message, LiveFrame):
                number = message.moment.number
                self._came[camera] = 1 + self._came[camera] * (number == self._next[camera])
                self._next[camera] = number + 1
                frames = sum(isinstance(one, LiveFrame) for one in waiting)
                self._is_full[camera] |= frames >= self._capacity and (
                    self._ends_clip(camera) or frames >= self._capacity + self._clip_length
                )
            self._changed.notify()

    def has_room(self, camera: int) -> bool:
        """Returns whether there is room for frames of a camera.

        If there is none, there will be when half of the capacity is free. If the scoring does not
        keep up, frames are therefore missing in long pieces, and scored in long pieces: after each
        gap, nothing is compared with what was before.

        Args:
            camera: Number of the camera, from 0.
        """
        with self._changed:
            return not self._is_full[camera]

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
            for camera, waiting in enumerate(self._waiting):
                if self._is_full[camera] and len(waiting) <= self._capacity // 2:
                    self._is_full[camera] = False
            return taken

    def _ends_clip(self, camera: int) -> bool:
        beyond = self._came[camera] - self._clip_length
        return self._came[camera] > 1 and beyond >= 0 and beyond % self._hop == 0  # 1 has no speed
