"""Which normal footage a network learns from, and which is held out to judge it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Part(NamedTuple):
    """Frames `[start, stop)` of a video.

    Attributes:
        video: Number of the video in its list.
        start: First frame.
        stop: The frame behind the last one.
    """

    video: int
    start: int
    stop: int


def split_videos(
    video_lengths: Sequence[int], clip_length: int, share: float, seed: int
) -> tuple[list[Part], list[Part]]:
    """Holds out whole videos; where there is only one, its end.

    Args:
        video_lengths: Frames of each video.
        clip_length: The shortest part that is of use.
        share: Of all frames, how much to hold out, in [0, 1).
        seed: Which videos are drawn.

    Returns:
        The parts to train on and those held out: of the videos in a drawn order, each that brings
        the frames held out nearer to the share. They are empty where `share` is 0 or the
        only video is too short to be parted.
    """
    whole = [Part(video, 0, frames) for video, frames in enumerate(video_lengths)]
    wanted = share * sum(video_lengths)
    if share == 0:
        return whole, []
    if len(whole) == 1:
        start = round(video_lengths[0] - max(wanted, clip_length))
        if start < clip_length:
            return whole, []
        return [Part(0, 0, start)], [Part(0, start, video_lengths[0])]
    held: set[int] = set()
    frames = 0
    for video in np.random.default_rng([seed]).permutation(len(whole)).tolist():
        if abs(frames + video_lengths[video] - wanted) < abs(frames - wanted):
            held.add(video)
            frames += video_lengths[video]
    if not held or len(held) == len(whole):
        shortest = min(range(len(whole)), key=video_lengths.__getitem__)
        held = {shortest}
    return (
        [part for part in whole if part.video not in held],
        [part for part in whole if part.video in held],
    )
