"""The drawn data sets: minutes of everyday life at a place, and events of many kinds in it."""

import functools

from abnormal.datasets.life.clip import NORMAL, LifeClip, annotate_life, describe, open_life
from abnormal.datasets.life.kinds import KINDS
from abnormal.datasets.source import TESTING, TRAINING, Annotation, SourceVideo

FPS = 10.0
"""Frames per second: fewer than in the demo, so that an hour is scored in a few minutes."""

TRAINING_CLIPS = 10
"""Number of training videos of a minute each."""

_TRAINING_FRAMES = round(60 * FPS)
_TEST_FRAMES = round(120 * FPS)
_FIRST_HOUR, _HOURS = 8.0, 10.0  # of the day, over which the training videos are spread
_TEST_HOUR = 11.0


def find_drawn(
    place: str, seed: int = 0, training_clips: int = TRAINING_CLIPS
) -> list[SourceVideo]:
    """Lists the videos of a drawn place.

        training  01, 02, ...                 a minute of ordinary life each, at hours of the day
        testing   runner/01, loiter/11, ...   two minutes with one event or more of the kind that
                                              the folder names, for each kind
                  normal/16                   two minutes without events

    Args:
        place: Name of the place, a key of `abnormal.datasets.life.places.PLACES`.
        seed: Random seed of the place and of everything that happens in it, at least 0.
        training_clips: Number of training videos. The test videos do not depend on it.

    Returns:
        The training videos, then the test videos.
    """
    hours = [_FIRST_HOUR + _HOURS * k / training_clips for k in range(training_clips)]
    training = [
        LifeClip(place, seed, f"training/{number:02d}", NORMAL, _TRAINING_FRAMES, FPS, hour)
        for number, hour in enumerate(hours, start=1)
    ]
    testing = [
        LifeClip(place, seed, f"{kind}/{number:02d}", kind, _TEST_FRAMES, FPS, _TEST_HOUR)
        for number, kind in enumerate([*KINDS, NORMAL], start=1)
    ]
    return [_training_video(clip) for clip in training] + [_test_video(clip) for clip in testing]


def _training_video(clip: LifeClip) -> SourceVideo:
    return SourceVideo(
        name=clip.name.removeprefix("training/"),
        split=TRAINING,
        open_frames=functools.partial(open_life, clip),
        camera=clip.place,
        recipe=describe(clip),
    )


def _test_video(clip: LifeClip) -> SourceVideo:
    return SourceVideo(
        name=clip.name,
        split=TESTING,
        open_frames=functools.partial(open_life, clip),
        situation=clip.kind,
        camera=clip.place,
        annotate=functools.partial(_annotate, clip),
        recipe=describe(clip),
    )


def _annotate(clip: LifeClip, _frames: int) -> Annotation:
    return annotate_life(clip)
