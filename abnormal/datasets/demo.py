"""The demo data set: a drawn street with exact labels and masks, which needs no download."""

import functools

from abnormal.datasets.source import TESTING, TRAINING, Annotation, SourceVideo
from abnormal.datasets.street import events
from abnormal.datasets.street.clip import NORMAL, VERSION, StreetClip, annotate_clip, open_clip
from abnormal.errors import AbnormalError

TRAINING_CLIPS = 6
"""Default number of training videos."""

CLIP_FRAMES = 250
"""Default number of frames of each video: ten seconds."""

MIN_CLIP_FRAMES = 40
"""A shorter video would not have room for an event and normal frames around it."""

CAMERA = "street"
"""Name of the camera of all demo videos."""


def find_demo(
    seed: int = 0, training_clips: int = TRAINING_CLIPS, clip_frames: int = CLIP_FRAMES
) -> list[SourceVideo]:
    """Lists the videos of the demo.

        training  01, 02, ...                                 people walk, stroll, stand and talk
        testing   runner/01, cyclist/02, cart/03,             the same, and one or two events of
                  wrong_way/04, left_behind/05                the kind that the folder names
                  normal/06                                   no event

    Args:
        seed: Random seed of the scene and of everything that happens in it, at least 0.
        training_clips: Number of training videos. The test videos do not depend on it.
        clip_frames: Number of frames of each video, at 25 frames per second.

    Returns:
        The training videos, then the test videos.

    Raises:
        AbnormalError: If the seed is negative or the clips are too short.
    """
    if seed < 0:
        raise AbnormalError(f"The demo's seed is {seed}; expected 0 or more")
    if clip_frames < MIN_CLIP_FRAMES:
        raise AbnormalError(
            f"The demo's clips have {clip_frames} frames; expected {MIN_CLIP_FRAMES} or more, "
            "so that an event has room beside normal frames"
        )
    training = [
        _training_video(StreetClip(seed, f"training/{number:02d}", NORMAL, clip_frames))
        for number in range(1, training_clips + 1)
    ]
    testing = [
        _test_video(StreetClip(seed, f"{kind}/{number:02d}", kind, clip_frames))
        for number, kind in enumerate([*events.EVENTS, NORMAL], start=1)
    ]
    return training + testing


def _training_video(clip: StreetClip) -> SourceVideo:
    return SourceVideo(
        name=clip.name.removeprefix("training/"),
        split=TRAINING,
        open_frames=functools.partial(open_clip, clip),
        camera=CAMERA,
        recipe=_recipe(clip),
    )


def _test_video(clip: StreetClip) -> SourceVideo:
    return SourceVideo(
        name=clip.name,
        split=TESTING,
        open_frames=functools.partial(open_clip, clip),
        situation=clip.kind,
        camera=CAMERA,
        annotate=functools.partial(_annotate, clip),
        may_be_normal=True,
        recipe=_recipe(clip),
    )


def _annotate(clip: StreetClip, _frames: int) -> Annotation:
    return annotate_clip(clip)


def _recipe(clip: StreetClip) -> str:
    return f"street {VERSION}, seed {clip.seed}, clip {clip.name}, {clip.length} frames"
