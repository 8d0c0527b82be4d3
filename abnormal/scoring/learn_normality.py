"""Learns what is normal for a camera from how far its normal footage is above its own levels."""

from collections.abc import Mapping, Sequence

import numpy as np

from abnormal.names import FUSED
from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.folds import assign_folds
from abnormal.scoring.fusion import corrected, fuse
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.rate_check import correct_surprise
from abnormal.scoring.surprise import Surprise, learn_surprise

MIN_TAIL_SCALE = 0.02
"""Lower limit of the scale of a local score's tail, as a ratio of a cell to its level. Without it,
noise would be a surprise to a model whose normal footage shows no motion."""

Ratios = Mapping[str, np.ndarray]
"""For each local score how far each frame of a video is above its normal level, `(n,)` float64."""


def learn_normality(
    levels: dict[str, np.ndarray],
    ratios: Sequence[Ratios],
    background: np.ndarray | None,
    fps: float,
) -> tuple[Normality, dict[str, list[np.ndarray]]]:
    """Learns how surprising it is to be above the normal levels of a camera.

    Args:
        levels: For each local score the normal level of each cell.
        ratios: For each video how far it is above levels that were not learnt from it, in the order
            of the videos' names.
        background: The background of the camera.
        fps: Frames per second.

    Returns:
        What is normal for the camera; and, for each local score and `fused`, the surprise of each
        frame to a model that has not learnt from it, `(n,)` float64 for each video.
    """
    folds = _folds_of_frames(ratios, fps)
    held_out = _surprises_held_out(ratios, folds, fps)
    correction = correct_surprise(held_out[FUSED], ALARM_SURPRISE, fps)
    held_out[FUSED] = _corrected(held_out[FUSED], folds, fps)
    surprises = _learn_surprises(ratios, fps)
    return Normality(levels, surprises, background, correction), held_out


def _folds_of_frames(ratios: Sequence[Ratios], fps: float) -> list[np.ndarray]:
    """Returns the fold of each frame, `(n,)` int64 for each video."""
    second = max(1, round(fps))
    counts = [len(next(iter(of_video.values()))) for of_video in ratios]
    folds = assign_folds([-(-count // second) for count in counts], of_duration=False)
    return [np.repeat(f, second)[:n] for f, n in zip(folds, counts, strict=True)]


def _surprises_held_out(
    ratios: Sequence[Ratios], folds: Sequence[np.ndarray], fps: float
) -> dict[str, list[np.ndarray]]:
    """Judges each fold of the footage by the surprises of the other folds."""
    counts = [len(of_video) for of_video in folds]
    surprises = {name: [np.zeros(n) for n in counts] for name in (*ratios[0], FUSED)}
    for fold in np.unique(np.concatenate(folds)):
        inside = [of_video == fold for of_video in folds]
        others = [_part(v, ~chosen) for v, chosen in zip(ratios, inside, strict=True)]
        frames = sum(len(next(iter(of_video.values()))) for of_video in others)
        # The only fold has to judge itself.
        learnt = _learn_surprises(others if frames else ratios, fps)
        for number, (of_video, chosen) in enumerate(zip(ratios, inside, strict=True)):
            local = {name: learnt[name].of(v) for name, v in _part(of_video, chosen).items()}
            local[FUSED], _ = fuse(local, frames or sum(counts))
            for name, values in local.items():
                surprises[name][number][chosen] = values
    return surprises


def _corrected(
    surprises: Sequence[np.ndarray], folds: Sequence[np.ndarray], fps: float
) -> list[np.ndarray]:
    """Corrects each fold by what the other folds say, so that it tells what the correction does.

    Each is corrected if there is enough footage in all, because the model is corrected then.
    """
    result = [values.copy() for values in surprises]
    frames = sum(map(len, surprises))
    for fold in np.unique(np.concatenate(folds)):
        others = [v[f != fold] for v, f in zip(surprises, folds, strict=True)]
        others = [values for values in others if len(values)]
        correction = correct_surprise(others, ALARM_SURPRISE, fps, frames)
        for values, of_video in zip(result, folds, strict=True):
            chosen = of_video == fold
            values[chosen] = corrected(values[chosen], correction)
    return result


def _learn_surprises(ratios: Sequence[Ratios], fps: float) -> dict[str, Surprise]:
    """Learns distributions in which the frames of one second count as one frame."""
    return {
        name: learn_surprise(
            np.concatenate([of_video[name] for of_video in ratios]), max(1.0, fps), MIN_TAIL_SCALE
        )
        for name in LOCAL_SCORES
    }


def _part(ratios: Ratios, frames: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the frames of a video that are chosen, `(n,)` bool."""
    return {name: values[frames] for name, values in ratios.items()}
