"""Parts normal footage into what a network learns from and what is held out to judge it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Part(NamedTuple):
    """The frames `[start, stop)` of a video.

    Attributes:
        video: The number of the video in its list, from 0.
        start: The number of the first frame, from 0.
        stop: The number of the frame behind the last one.
    """

    video: int
    start: int
    stop: int


def split_videos(
    video_lengths: Sequence[int], clip_length: int, share: float, seed: int
) -> tuple[list[Part], list[Part]]:
    """Holds out whole videos at random; of a single video it holds out the end.

    It goes through the videos in a random order, and holds out each one that brings the number of
    held-out frames nearer to the share.

    Args:
        video_lengths: How many frames each video has.
        clip_length: The shortest part that is of use, in frames.
        share: The part of all frames that is to be held out, in [0, 1).
        seed: The seed of the random order.

    Returns:
        The parts to train on, and those held out. Nothing is held out where `share` is 0, or where
        the only video is too short to be parted.
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
