"""Which frames of a video are drawn: all of them or, of long ones, those of events."""

import numpy as np

from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.alarm import Alarm

MARGIN_SEC = 2.0
"""How long before and after an event frames are drawn, in seconds."""

STEP_SEC = 10.0
"""Time from one drawn frame to the next where there is no event, in seconds."""


def around_events(video: ScoredVideo, alarm: Alarm) -> np.ndarray:
    """Tells which frames show events or what is shortly before and after one, `(n,)` bool.

    In between, a frame every `STEP_SEC` is chosen; and so are the first and the last frame, so that
    a video of the chosen frames is as long as the whole one.
    """
    frames = len(video.causal[alarm.score])
    chosen = sparse(0, frames, video.fps)
    chosen[-1] = True
    margin = round(MARGIN_SEC * video.fps)
    for event in video.events(alarm):
        chosen[max(0, event.start - margin) : event.stop + margin] = True
    return chosen


def sparse(first: int, count: int, fps: float) -> np.ndarray:
    """Tells which frames are chosen where nothing happens, `(count,)` bool.

    Args:
        first: Number of the first of the frames.
        count: Number of frames.
        fps: Frames per second.
    """
    return np.arange(first, first + count) % max(1, round(STEP_SEC * fps)) == 0
