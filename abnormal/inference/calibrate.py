"""Calibrates a model: learns the distribution of its scores on normal footage.

The normal level of each cell is learnt from all footage of a camera. How far normal footage is
above its level is learnt by cross-validation: the footage is split into folds, and each fold is
judged by the levels of the other folds. Footage that is too short for two folds is judged by its
own levels. In the same way, each fold is then judged by what the others say is a surprise. That
tells how many false alarms there will be in footage that nothing was learnt from.

Footage that the network was trained on is reconstructed better than unseen footage. Its scores are
therefore raised by a factor, which held-out videos tell. Held-out videos alone would not do: a few
of them may be calmer than normal footage usually is.

The background of each camera is learnt first, from some frames of its videos. Then each video goes
through the network once. Memory grows only with its length in seconds, by 16 kB for each second at
227x227 pixels.
"""

import dataclasses
import itertools
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from abnormal.commands import calibrate_command
from abnormal.files import natural_key
from abnormal.inference.cell_file import CellFile, open_cell_file
from abnormal.inference.learn_backgrounds import learn_backgrounds
from abnormal.inference.learn_pool import learn_pool
from abnormal.inference.normal_video import (
    LARGEST_BOX,
    POSITION,
    MeasuredVideo,
    NormalVideo,
    Series,
    VideoMeter,
    judge,
    smoothed,
)
from abnormal.inference.runtimes import Reconstruct
from abnormal.progress import Progress
from abnormal.scoring.calibration import ALARM_SURPRISE, Calibration
from abnormal.scoring.folds import (
    LEAST_SEC,
    lengths_sec,
    levels_from_all,
    levels_from_other_folds,
)
from abnormal.scoring.learn_normality import learn_normality
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.regime_names import camera_of
from abnormal.scoring.residual import BASELINE, ERRORS, SCORES

log = logging.getLogger(__name__)

MAX_UNSEEN_FACTOR = 1.5
"""Largest factor by which the scores of footage that the network was trained on are raised. It is
1.1 after 32 epochs on Ped2."""


class Calibrator:
    """Calibrates a network's scores on normal footage.

    Args:
        reconstruct: The network.
        clip_length: Number of frames in a clip.
        fps: Frames per second.
    """

    def __init__(self, reconstruct: Reconstruct, clip_length: int, fps: float) -> None:
        self._reconstruct = reconstruct
        self._clip_length = clip_length
        self._fps = fps

    def calibrate(
        self,
        videos: Sequence[NormalVideo],
        positions: Mapping[str, tuple[float, ...]] | None = None,
    ) -> Calibration:
        """Learns which values of each score are usual in normal footage.

        A video that cannot be read is left out, and an error in the log says so. A warning names
        each camera with so little footage that no other footage can judge it.

        Args:
            videos: The normal footage, of one or several cameras, divided by the regimes that it
                shows if there are several (`split_regimes`). Their order does not matter.
            positions: The usual size of the reconstruction errors at each position in a clip, if it
                is known; see `Calibration`.

        Raises:
            AbnormalError: No video can be read, or the disk is full.
        """
        videos = sorted(videos, key=lambda video: (video.camera, natural_key(video.name)))
        total = sum(video.length for video in videos) if all(v.length for v in videos) else 0
        backgrounds = learn_backgrounds(videos, self._fps)
        with (
            Progress("frames", total, "calibration") as progress,
            open_cell_file(tuple(LOCAL_SCORES)) as file,
        ):
            meter = VideoMeter(
                self._reconstruct, self._clip_length, self._fps, backgrounds, progress.advance
            )
            measured = meter.measure_all(videos, file)
            levels, ratios = self._learn_levels(measured, file)
        videos = [of_video.video for of_video in measured]
        cameras, judged = self._learn_cameras(videos, levels, ratios, backgrounds)
        positions = dict(positions or self._learn_positions(measured))
        plain = self._smooth(measured, positions)
        shared = learn_pool(videos, plain, judged, self._fps)
        pools = [
            learn_pool(videos, plain, judged, self._fps, camera)
            for camera in (cameras if len(cameras) > 1 else ())
        ]
        return Calibration(
            *(shared.surprises, shared.false_alarms, cameras, shared.frames, shared.videos),
            held_out=shared.held_out,
            positions=positions,
            rate_check=shared.rate_check,
            pools=tuple(pools),
            box_thresholds=_learn_box_thresholds(measured),
        )

    def _learn_levels(
        self, measured: Sequence[MeasuredVideo], file: CellFile
    ) -> tuple[dict[str, dict[str, np.ndarray]], list[Series]]:
        """Learns the normal levels of each camera, and how far each video is above them.

        Args:
            measured: The videos, sorted by camera.
            file: Their cells.

        Returns:
            For each camera's name its level of each local score; and, for each video and each local
            score, how far each frame is above levels that were not learnt from it.
        """
        levels: dict[str, dict[str, np.ndarray]] = {}
        ratios: list[Series] = []
        for camera, of_camera in itertools.groupby(measured, lambda one: one.video.camera):
            videos = list(of_camera)
            maxima = [of_video.maxima for of_video in videos]
            levels[camera] = levels_from_all(maxima)
            by_others = levels_from_other_folds(maxima)
            ratios += [
                judge(of_video, of_others, file, self._fps)
                for of_video, of_others in zip(videos, by_others, strict=True)
            ]
            if len({of_video.video.name for of_video in videos}) == 1:
                _warn_of_little_footage(camera, sum(lengths_sec(maxima)))
        for name, score in LOCAL_SCORES.items():
            if score.of_network:
                as_unseen = _as_unseen([of_video[name] for of_video in ratios], measured)
                for of_video, values in zip(ratios, as_unseen, strict=True):
                    of_video[name] = values
        return levels, ratios

    def _learn_cameras(
        self,
        videos: Sequence[NormalVideo],
        levels: Mapping[str, dict[str, np.ndarray]],
        ratios: Sequence[Series],
        backgrounds: Mapping[str, np.ndarray],
    ) -> tuple[dict[str, Normality], dict[str, list[np.ndarray]]]:
        """Learns how surprising it is to be above the levels of each camera.

        Returns:
            What is normal, for each camera's name; and, for each local score and `fused`, the
            surprise of each frame to a model that has not learnt from it, `(n,)` float64 for each
            video.
        """
        cameras: dict[str, Normality] = {}
        judged: dict[str, list[np.ndarray]] = defaultdict(list)
        for camera, of_camera in levels.items():
            chosen = [r for v, r in zip(videos, ratios, strict=True) if v.camera == camera]
            background = backgrounds.get(camera)
            cameras[camera], held_out = learn_normality(of_camera, chosen, background, self._fps)
            is_one_view = all(video.is_one_view for video in videos if video.camera == camera)
            cameras[camera] = dataclasses.replace(cameras[camera], is_one_view=is_one_view)
            for name, parts in held_out.items():
                judged[name] += parts
        return cameras, judged

    def _learn_positions(self, measured: Sequence[MeasuredVideo]) -> dict[str, tuple[float, ...]]:
        """Learns how large each reconstruction error usually is at each position in a clip."""
        unseen = [of_video.scores for of_video in measured if of_video.video.held_out]
        chosen = unseen or [of_video.scores for of_video in measured]
        positions = np.concatenate([scores[POSITION] for scores in chosen])
        counts = np.bincount(positions, minlength=self._clip_length)
        usual = {}
        for name in ERRORS:
            values = np.concatenate([scores[name] for scores in chosen])
            sums = np.bincount(positions, values, self._clip_length)
            # There may be too little footage, or no error at a position.
            means = sums / counts if counts.all() and sums.all() else np.ones(self._clip_length)
            usual[name] = tuple((means / means.mean()).tolist())
        return usual

    def _smooth(
        self, measured: Sequence[MeasuredVideo], positions: Mapping[str, Sequence[float]]
    ) -> dict[str, list[np.ndarray]]:
        """Returns the scores that are not local as alarms use them, `(n,)` float64 for each video.

        Args:
            measured: The videos.
            positions: For some scores, the usual size at each position in a clip.
        """
        plain = {}
        for name in SCORES:
            usual = np.array(positions.get(name, [1.0] * self._clip_length))
            parts = [
                smoothed(
                    *(of_video.scores[name] / usual[of_video.scores[POSITION]], of_video.video),
                    self._fps,
                )
                for of_video in measured
            ]
            plain[name] = parts if name == BASELINE else _as_unseen(parts, measured)
        return plain


def _learn_box_thresholds(measured: Sequence[MeasuredVideo]) -> dict[str, float]:
    """Learns above which sum over a box one frame of each camera in a hundred has any pixel.

    If there are videos that the network was not trained on, only those count.
    """
    thresholds, by_camera = {}, defaultdict[str, list[MeasuredVideo]](list)
    for of_video in measured:
        by_camera[camera_of(of_video.video.camera)].append(of_video)
    for camera, every in by_camera.items():
        unseen = [of_video for of_video in every if of_video.video.held_out]
        largest = [of_video.scores[LARGEST_BOX] for of_video in unseen or every]
        thresholds[camera] = float(np.quantile(np.concatenate(largest), 1 - 10**-ALARM_SURPRISE))
    return thresholds


def _warn_of_little_footage(camera: str, seconds: int) -> None:
    """Warns if the only video of a camera is so short that no other footage can judge it.

    Args:
        camera: Name of the camera; empty where cameras were not told apart.
        seconds: Length of the video, of which a part may be held out.
    """
    if seconds < LEAST_SEC:
        log.warning(
            "%d s of a single video are all the normal footage%s. They are judged by what was "
            "learnt from them, so there will be more false alarms than asked for. Calibrate it on "
            "at least %d s, or on two videos: `%s`.",
            *(seconds, f" of camera {camera}" if camera else ""),
            *(LEAST_SEC, calibrate_command(camera=camera)),
        )


def _as_unseen(scores: Sequence[np.ndarray], measured: Sequence[MeasuredVideo]) -> list[np.ndarray]:
    """Estimates the scores that a network would give each video if it were trained on none of them.

    The scores of videos that it was trained on are raised by a factor. That is the ratio of the
    medians of held-out videos and the others, for each camera that has both; the median over the
    cameras counts. Since the videos differ in what they show, too, the factor is at most
    `MAX_UNSEEN_FACTOR`.

    Args:
        scores: For each video the score of each frame, `(n,)` float64, at least 0.
        measured: The videos.

    Returns:
        For each video `(n,)` float64, at least 0.
    """
    of_known: dict[str, list[np.ndarray]] = defaultdict(list)
    of_unseen: dict[str, list[np.ndarray]] = defaultdict(list)
    videos = [of_video.video for of_video in measured]
    for values, video in zip(scores, videos, strict=True):
        (of_unseen if video.held_out else of_known)[video.camera].append(values)
    factors = [
        np.median(np.concatenate(of_unseen[camera])) / median
        for camera in of_known.keys() & of_unseen.keys()
        if (median := np.median(np.concatenate(of_known[camera])))
    ]
    factor = np.clip(np.median(factors), 1.0, MAX_UNSEEN_FACTOR) if factors else 1.0
    return [
        values if video.held_out else values * factor
        for values, video in zip(scores, videos, strict=True)
    ]
