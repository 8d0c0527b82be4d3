"""The loop that scores the frames of all cameras, in common batches, as soon as they come."""

from collections.abc import Callable, Sequence

import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.inference.detector import Detector
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.runtimes import Reconstruct
from abnormal.live.channel import Channel
from abnormal.live.clock import Clock
from abnormal.live.health import EVERY_SEC
from abnormal.live.mailbox import Mailbox
from abnormal.live.segment import LiveClip
from abnormal.scoring.residual import ClipResidual

MOST_CLIPS = 4
"""Clips in one call of the network, at most."""
WAIT_SEC = 0.1
"""How long a step waits for a frame."""


def warm_up(detector: Detector, cameras: int) -> None:
    """Lets the network compile for all sizes of a batch, before the first camera is opened.

    Args:
        detector: The model.
        cameras: How many there are.

    Raises:
        NotFiniteError: The network gave something that is not finite.
    """
    length, size = detector.info.clip_length, detector.info.size
    frames = np.zeros((length, size, size), np.uint8)
    reconstructor = ClipReconstructor(detector.reconstruct, detector.overlap)
    if detector.overlap:
        for first in (0, length - detector.overlap.hop):
            reconstructor.add([ClipWindow(frames, None, slice(first, length))])
        return
    for count in range(1, min(cameras, MOST_CLIPS) + 1):
        reconstructor.add([ClipWindow(frames, None, slice(0, length))] * count)


class Watch:
    """Takes frames from the mailbox, lets the network score them, and tells the channels."""

    def __init__(
        self,
        channels: Sequence[Channel],
        mailbox: Mailbox,
        reconstruct: Reconstruct,
        clock: Clock,
        each_minute: Callable[[], None],
        clip_length: int,
    ) -> None:
        """Starts the first minute; no frame has been taken yet.

        Args:
            channels: The cameras, by their number in the mailbox.
            mailbox: What their threads fill.
            reconstruct: The network, for clips that do not overlap.
            clock: What time it is.
            each_minute: Is called about once a minute.
            clip_length: Frames of a clip.
        """
        self._channels, self._mailbox, self._clock = channels, mailbox, clock
        self._reconstructor = ClipReconstructor(reconstruct)
        self._each_minute = each_minute
        self._minute_sec = clock.now()
        self._most = clip_length  # so that a step scores one clip of each camera

    def run(self, is_over: Callable[[], bool]) -> None:
        """Goes on until it is over, or all cameras have ended.

        Args:
            is_over: Whether somebody has asked for the end.
        """
        while not is_over() and not all(channel.ended for channel in self._channels):
            self.step(WAIT_SEC)
        for channel in self._channels:
            channel.flush()
        self._score()
        for channel in self._channels:
            channel.finish()

    def step(self, wait_sec: float) -> None:
        """Scores what is there.

        Args:
            wait_sec: How long to wait for something.
        """
        for camera, message in self._mailbox.take(self._most, wait_sec):
            self._channels[camera].take(message)
        self._score()
        now_sec = self._clock.now()
        for channel in self._channels:
            channel.pass_time(now_sec)
        if now_sec - self._minute_sec >= EVERY_SEC:
            self._minute_sec = now_sec
            self._each_minute()

    def _score(self) -> None:
        waiting = [(channel, clip) for channel in self._channels for clip in channel.clips()]
        for first in range(0, len(waiting), MOST_CLIPS):
            batch = waiting[first : first + MOST_CLIPS]
            for (channel, clip), residual in zip(batch, self._residuals(batch), strict=True):
                channel.scored(clip, residual, self._clock.now())

    def _residuals(self, batch: Sequence[tuple[Channel, LiveClip]]) -> list[ClipResidual]:
        if batch[0][1].segment.overlaps:
            return [clip.segment.reconstruct(clip) for _, clip in batch]
        return self._reconstructor.add([clip.window for _, clip in batch])
