"""The loop that scores the frames of all cameras in common batches, as soon as they arrive."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from abnormal.frames.clips import ClipWindow
from abnormal.inference.detector import Detector
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.still import reconstruct_new, without_network
from abnormal.live.clock import Clock
from abnormal.live.health import REPORT_EVERY_SEC
from abnormal.live.mailbox import Mailbox
from abnormal.live.monitor import CameraMonitor
from abnormal.live.segment import LiveClip, NetworkUse
from abnormal.scoring.residual import ClipResidual

LATE_SEC = 0.5
"""If a clip has waited for longer, the network does not run on it unless the alarm cannot do
without."""

LARGEST_BATCH = 4
"""The network reconstructs at most so many clips in one call."""
WAIT_SEC = 0.1
"""A step of the loop waits at most so many seconds for a frame."""


def warm_up(detector: Detector, cameras: int) -> None:
    """Compiles the network for all sizes of a batch, before the first camera is opened.

    Args:
        detector: The model.
        cameras: Number of cameras.

    Raises:
        NotFiniteError: An output of the network is not finite.
    """
    length, size = detector.info.clip_length, detector.info.size
    frames = np.zeros((length, size, size), np.uint8)
    reconstructor = ClipReconstructor(detector.reconstruct, detector.overlap)
    if detector.overlap:
        for first in (0, length - detector.overlap.hop):
            reconstructor.add([ClipWindow(frames, None, slice(first, length))])
        return
    for count in range(1, min(cameras, LARGEST_BATCH) + 1):
        reconstructor.add([ClipWindow(frames, None, slice(0, length))] * count)


class WatchLoop:
    """Passes frames from the mailbox to the monitors, and their clips through the network."""

    def __init__(
        self,
        monitors: Sequence[CameraMonitor],
        mailbox: Mailbox,
        reconstruct: Reconstruct,
        clock: Clock,
        each_minute: Callable[[], None],
        clip_length: int,
    ) -> None:
        """Starts the first minute without having taken a frame.

        Args:
            monitors: The monitors of the cameras, by the cameras' numbers in the mailbox.
            mailbox: Holds the messages of the cameras' threads.
            reconstruct: The network, which is used if clips do not overlap.
            clock: This machine's clocks.
            each_minute: Is called about once a minute.
            clip_length: Number of frames in a clip.
        """
        self._monitors, self._mailbox, self._clock = monitors, mailbox, clock
        self._reconstructor = ClipReconstructor(reconstruct)
        self._each_minute = each_minute
        self._minute_sec = clock.now()
        self._most = clip_length  # so that a step scores one clip of each camera
        self._turns = list(monitors)  # the network ran longest ago for the first one

    def run(self, is_stopped: Callable[[], bool]) -> None:
        """Runs until it is stopped or all sources have ended, then closes all events.

        Args:
            is_stopped: Whether somebody has asked for the end.
        """
        while not is_stopped() and not all(monitor.ended for monitor in self._monitors):
            self.step(WAIT_SEC)
        for monitor in self._monitors:
            monitor.flush()
        self._score()
        for monitor in self._monitors:
            monitor.finish()

    def step(self, wait_sec: float) -> None:
        """Takes the messages that wait, and scores the clips that they complete.

        Args:
            wait_sec: How long to wait for a message, in seconds.
        """
        for camera, message in self._mailbox.take(self._most, wait_sec):
            self._monitors[camera].take(message)
        self._score()
        now_sec = self._clock.now()
        for monitor in self._monitors:
            monitor.close_overdue_events(now_sec)
        if now_sec - self._minute_sec >= REPORT_EVERY_SEC:
            self._minute_sec = now_sec
            self._each_minute()

    def _score(self) -> None:
        waiting = [(monitor, clip) for monitor in self._turns for clip in monitor.take_clips()]
        for first in range(0, len(waiting), LARGEST_BATCH):
            batch = waiting[first : first + LARGEST_BATCH]
            residuals = self._residuals([clip for _, clip in batch])
            for (monitor, clip), residual in zip(batch, residuals, strict=True):
                monitor.add_residual(clip, residual, self._clock.now())
                if residual.by_network:
                    self._turns.remove(monitor)
                    self._turns.append(monitor)

    def _residuals(self, clips: Sequence[LiveClip]) -> list[ClipResidual]:
        wanted = [self._runs_on(clip) for clip in clips]
        for clip, runs in zip(clips, wanted, strict=True):
            if clip.segment.still and not runs:
                clip.segment.still.pass_over()
        computed = iter(self._reconstructed(list(itertools.compress(clips, wanted))))
        return [
            next(computed) if runs else without_network(clip.window)
            for clip, runs in zip(clips, wanted, strict=True)
        ]

    def _runs_on(self, clip: LiveClip) -> bool:
        """Whether the network runs on a clip."""
        if clip.segment.network is not NetworkUse.IN_TIME:
            return clip.segment.network is NetworkUse.ALWAYS
        return self._clock.now() - clip.complete_sec <= LATE_SEC

    def _reconstructed(self, clips: Sequence[LiveClip]) -> list[ClipResidual]:
        if clips and clips[0].segment.overlaps:
            return [clip.segment.reconstruct(clip) for clip in clips]
        windows = [(clip.segment.still, clip.window) for clip in clips]
        return reconstruct_new(windows, self._reconstructor.add)
