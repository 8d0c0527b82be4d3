"""All cameras at once: what they give is scored together, as soon as it is there."""

from collections.abc import Callable, Sequence

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.frames.clips import ClipWindow
from abnormal.inference.detector import Detector
from abnormal.inference.overlap import ClipReconstructor
from abnormal.inference.runtimes import Reconstruct
from abnormal.inference.stream import to_input
from abnormal.live.channel import Channel
from abnormal.live.clock import Clock
from abnormal.live.health import EVERY_SEC
from abnormal.live.mailbox import Mailbox
from abnormal.live.segment import LiveClip

MOST_CLIPS = 4
"""Of one call of the network."""
WAIT_SEC = 0.1


def warm_up(detector: Detector, cameras: int) -> None:
    """Lets the network compile for all sizes of a batch, before the first camera is opened.

    Args:
        detector: The model.
        cameras: How many there are.
    """
    length, size = detector.info.clip_length, detector.info.size
    if detector.overlap:
        frames = np.zeros((length, size, size), np.uint8)
        clips = ClipReconstructor(detector.reconstruct, detector.overlap)
        for first in (0, length - detector.overlap.hop):
            clips.add([ClipWindow(frames, None, first, length)])
        return
    for count in range(1, min(cameras, MOST_CLIPS) + 1):
        detector.reconstruct(np.zeros((count, length, size, size, 1), np.float32))


class Watch:
    """Scores what the mailbox gets."""

    def __init__(
        self,
        channels: Sequence[Channel],
        mailbox: Mailbox,
        reconstruct: Reconstruct,
        clock: Clock,
        each_minute: Callable[[], None],
        clip_length: int,
    ) -> None:
        """Begins with nothing.

        Args:
            channels: The cameras, by their number in the mailbox.
            mailbox: What their threads fill.
            reconstruct: The network.
            clock: What time it is.
            each_minute: Is called about once a minute.
            clip_length: Frames of a clip.
        """
        self._channels, self._mailbox, self._reconstruct = channels, mailbox, reconstruct
        self._clock, self._each_minute = clock, each_minute
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
            for (channel, clip), output in zip(batch, self._outputs(batch), strict=True):
                channel.scored(clip, output, self._clock.now())

    def _outputs(self, batch: Sequence[tuple[Channel, LiveClip]]) -> list[np.ndarray]:
        if batch[0][1].segment.overlaps:
            outputs = [clip.segment.reconstruct(clip) for _, clip in batch]
        else:
            clips = to_input(np.stack([clip.window.frames for _, clip in batch]))
            outputs = list(self._reconstruct(clips[..., None])[..., 0])
        if not all(np.isfinite(output).all() for output in outputs):
            raise AbnormalError(
                "The network's reconstruction is not finite. Train the model again, with another "
                "--learning-rate or --precision."
            )
        return outputs
