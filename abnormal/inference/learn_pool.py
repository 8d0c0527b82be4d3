"""Learns from normal footage what holds for all cameras together, or for one of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from abnormal.inference.normal_video import NormalVideo, between_gaps
from abnormal.names import FUSED
from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, count_false_alarms
from abnormal.scoring.pools import Pool
from abnormal.scoring.rate_check import RateCheck, share_above
from abnormal.scoring.surprise import learn_surprise

ByScore = Mapping[str, Sequence[np.ndarray]]
"""For each score a value for each frame, `(n,)` float64 for each video."""


def learn_pool(
    videos: Sequence[NormalVideo],
    plain: ByScore,
    local: ByScore,
    fps: float,
    camera: str | None = None,
) -> Pool:
    """Learns from normal videos what their cameras share.

    Args:
        videos: The videos.
        plain: The values of each score that is not local.
        local: For each local score and `fused` the surprise to a model that has not learnt from the
            frame.
        fps: Frames per second.
        camera: Only the videos of this camera count; None for all videos.
    """
    chosen = [n for n, video in enumerate(videos) if camera in (None, video.camera)]
    plain, local = (
        {name: [parts[n] for n in chosen] for name, parts in table.items()}
        for table in (plain, local)
    )
    videos = [videos[n] for n in chosen]
    surprises = {
        # The frames of one second count as one frame.
        name: learn_surprise(np.concatenate(parts), max(1.0, fps))
        for name, parts in plain.items()
    }
    judged = {name: [surprises[name].of(part) for part in plain[name]] for name in plain}
    return Pool(
        cameras=tuple(dict.fromkeys(video.camera for video in videos)),
        surprises=surprises,
        false_alarms={
            name: count_false_alarms(between_gaps(parts, videos), fps)
            for name, parts in {**local, **judged}.items()
        },
        frames=sum(map(len, local[FUSED])),
        videos=tuple(dict.fromkeys(video.name for video in videos)),
        held_out=any(video.held_out for video in videos),
        rate_check=_check_rate(between_gaps(local[FUSED], videos), fps),
    )


def _check_rate(held_out: Sequence[np.ndarray], fps: float) -> RateCheck:
    """Counts how often held-out normal footage is above the default threshold.

    Args:
        held_out: For each video the fused surprise of each frame, `(n,)` float64, to a model that
            has not learnt from it.
        fps: Frames per second.
    """
    false_alarms = count_false_alarms(held_out, fps)
    events = int(false_alarms.counts[COUNTED_SURPRISES.index(ALARM_SURPRISE)])
    return RateCheck(*share_above(held_out, ALARM_SURPRISE, fps), events, false_alarms.hours)
