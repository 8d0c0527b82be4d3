"""Splits normal footage into a part to train on and a part held out for validation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BY_CAMERA = "by camera"
"""What a checkpoint says about footage of several cameras, of each of which a part is held out."""

NEAR_SHARE = "near the share"
"""What a checkpoint says about footage of which `split_by_camera` has cut a video. Runs of earlier
versions, which cut none, keep their split."""


class Part(NamedTuple):
    """The frames `[start, stop)` of a video.

    Attributes:
        video: 0-based index of the video in its list.
        start: 0-based number of the first frame.
        stop: 0-based number of the frame after the last.
    """

    video: int
    start: int
    stop: int


def split_by_camera(
    video_lengths: Sequence[int],
    cameras: Sequence[str],
    clip_length: int,
    share: float,
    seed: int,
    may_cut: bool = False,
) -> tuple[list[Part], list[Part]]:
    """Holds out a part of the footage of each camera, as `split_videos` does for a single one.

    Args:
        video_lengths: Number of frames of each video.
        cameras: The camera of each video.
        clip_length: See `split_videos`, as for the other arguments.
        share: Fraction of the frames of each camera to hold out.
        seed: Seed of the random order.
        may_cut: Whether the end of a video is held out where whole videos are far from the share;
            see `split_near_share`.

    Returns:
        The parts to train on, and the held-out parts, in the order of the videos. Of a camera with
        several videos one is held out at least, unless `share` is 0.
    """
    split = split_near_share if may_cut else split_videos
    training, held_out = list[Part](), list[Part]()
    for number, camera in enumerate(sorted({*cameras})):
        chosen = [video for video, name in enumerate(cameras) if name == camera]
        lengths = [video_lengths[video] for video in chosen]
        # Zeros at the end of a seed do not matter, so that the split of a single camera is
        # that of `split_videos` with the seed alone.
        for parts, of_camera in zip(
            (training, held_out),
            split(lengths, clip_length, share, [seed, number]),
            strict=True,
        ):
            parts += [part._replace(video=chosen[part.video]) for part in of_camera]
    return sorted(training), sorted(held_out)


def split_near_share(
    video_lengths: Sequence[int], clip_length: int, share: float, seed: int | Sequence[int]
) -> tuple[list[Part], list[Part]]:
    """Holds out whole videos, or the end of the longest one where these are far from the share.

    A long video with a gap shortly before its end counts as a long one and a very short one, which
    alone would say nothing about the network. Far is less than half of the share, or more than
    twice as much.

    Args:
        video_lengths: See `split_videos`, as for the other arguments.
        clip_length: Number of frames in a clip.
        share: Fraction of all frames to hold out.
        seed: Seed of the random order.

    Returns:
        The parts to train on, and the held-out parts.
    """
    training, held_out = split_videos(video_lengths, clip_length, share, seed)
    wanted = share * sum(video_lengths)
    longest = max(range(len(video_lengths)), key=video_lengths.__getitem__)
    start = round(video_lengths[longest] - max(wanted, clip_length))
    is_near = wanted / 2 <= sum(part.stop - part.start for part in held_out) <= 2 * wanted
    if is_near or start < clip_length:
        return training, held_out
    whole = [Part(video, 0, frames) for video, frames in enumerate(video_lengths)]
    whole[longest] = Part(longest, 0, start)
    return whole, [Part(longest, start, video_lengths[longest])]


def split_videos(
    video_lengths: Sequence[int], clip_length: int, share: float, seed: int | Sequence[int]
) -> tuple[list[Part], list[Part]]:
    """Chooses at random which videos to hold out; of a single video it holds out the end.

    The videos are tried in a random order. A video is held out if that brings the number of
    held-out frames closer to the wanted one.

    Args:
        video_lengths: Number of frames of each video.
        clip_length: Number of frames in a clip. No part is shorter.
        share: Fraction of all frames to hold out, in [0, 1).
        seed: Seed of the random order.

    Returns:
        The parts to train on, and the held-out parts. Nothing is held out if `share` is 0, or if
        the only video is too short to be split.
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
    for video in np.random.default_rng(seed).permutation(len(whole)).tolist():
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
