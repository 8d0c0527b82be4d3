"""Calibrates a trained model on other normal footage, without training it again."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from abnormal.commands import command
from abnormal.datasets.source import TRAINING
from abnormal.errors import AbnormalError
from abnormal.frames.gaps import Gap
from abnormal.frames.manifest import is_img
from abnormal.frames.rates import is_same_rate
from abnormal.inference.calibrate import Calibrator
from abnormal.inference.exam import examine
from abnormal.inference.normal_video import NormalVideo
from abnormal.inference.reference import make_reference
from abnormal.inference.regime_footage import split_regimes
from abnormal.inference.runtimes import keras_runtime
from abnormal.inference.stored_calibration import calibration_of, change_calibration
from abnormal.inference.videos import InputVideo, ModelFrames, source_videos, stored_videos
from abnormal.models.backend import memory_advice, versions
from abnormal.models.model import ModelInfo, TrainedModel
from abnormal.models.model_file import load_model
from abnormal.replacing import require_replaceable
from abnormal.scoring.calibration import Calibration
from abnormal.scoring.pools import combine, without_cameras
from abnormal.scoring.regime_names import camera_of
from abnormal.training.choose_camera import choose_videos

log = logging.getLogger(__name__)


@memory_advice("Close what else uses the memory, and start again.")
def recalibrate(path: Path, folder: Path, camera: str = "") -> Calibration:
    """Calibrates cameras of a model on other normal footage, and replaces its file.

    Other cameras keep what is normal for them, and what was counted in their footage. What all
    cameras share is combined from the footage of all.

    Args:
        path: The model file. It is replaced only if everything succeeds.
        folder: Folder of videos, or of frames from `preprocess.py`. Only normal videos are used.
        camera: Name of the camera that is calibrated; see `choose_videos`.

    Returns:
        What was learnt from the footage, which is a part of the new calibration of the model.

    Raises:
        AbnormalError: There is no such model, no readable normal footage, it is not clear which
            camera is meant, or frames from `preprocess.py` have another rate than the model.
    """
    model = load_model(path)
    require_replaceable(path)  # fails now rather than after the computation
    old = calibration_of(model)
    notes: set[str] = set()
    is_stored = is_img(folder)
    found = stored_videos(folder, TRAINING) if is_stored else source_videos(folder, TRAINING)
    found = choose_videos(found, camera, old.camera_names, folder)
    model = with_known_rate(model, found[0])
    if is_stored:
        _require_rate(found, model.info, folder)
    videos = [_normal_video(video, model.info, notes) for video in found]
    videos = split_regimes(videos, model.info.fps)
    fresh = _calibrate(model, videos, old)
    if not is_stored:  # those of stored videos are about rates, which are as good as the same
        for note in sorted(notes):
            log.info("  %s", note)
    reconstruct = keras_runtime(model.network)
    reference = model.reference and make_reference(model.reference.clips, reconstruct)
    facts = {"fps": model.info.fps, "versions": model.info.versions}  # which were not known
    measured = model.lazy_network.digest
    change_calibration(path, lambda known: merged(known, fresh), reference, facts, measured)
    return fresh


def _calibrate(model: TrainedModel, videos: Sequence[NormalVideo], old: Calibration) -> Calibration:
    """Calibrates and examines the cameras of the videos, by themselves."""
    reconstruct, info = keras_runtime(model.network), model.info
    # Where other cameras stay, their thresholds hold for the positions that they were learnt with.
    others_stay = {*old.camera_names} - {camera_of(video.camera) for video in videos}
    calibrator = Calibrator(reconstruct, info.clip_length, info.fps)
    fresh = calibrator.calibrate(videos, old.positions if others_stay else None)
    return examine(reconstruct, info.clip_length, info.fps, videos, fresh)


def merged(known: Calibration, fresh: Calibration) -> Calibration:
    """Returns the calibration of a model after some of its cameras were calibrated again.

    Args:
        known: The calibration that the model has.
        fresh: What was learnt about some of its cameras, or about new ones.
    """
    known = _without_nameless(known, fresh)
    again = fresh.camera_names  # with all their regimes
    forgotten = [event for event in known.dismissed if camera_of(event.camera) in again]
    if forgotten:
        log.info("note: dismissed events are forgotten (%d)", len(forgotten))
    stay = {name: one for name, one in known.cameras.items() if camera_of(name) not in again}
    stale = {*known.cameras, *fresh.cameras} - stay.keys()
    pools = (*without_cameras(known.all_pools, stale), *fresh.all_pools)
    shared = combine(pools)
    exams = {name: exam for name, exam in known.exams.items() if name in stay}
    return dataclasses.replace(
        fresh,
        surprises=shared.surprises,
        false_alarms=shared.false_alarms,
        frames=shared.frames,
        videos=shared.videos,
        held_out=shared.held_out,
        rate_check=shared.rate_check,
        pools=pools if len(pools) > 1 else (),
        cameras=stay | fresh.cameras,
        exams=exams | fresh.exams,
        box_thresholds=known.box_thresholds | fresh.box_thresholds,
        dismissed=tuple(event for event in known.dismissed if event not in forgotten),
    )


def _without_nameless(known: Calibration, fresh: Calibration) -> Calibration:
    """Forgets the only camera of a model if it has no name and is given one now."""
    if known.camera_names != [""] or "" in fresh.cameras:
        return known
    log.info("note: the camera of the model had no name; it is %s now", fresh.camera_names[0])
    left = [event for event in known.dismissed if camera_of(event.camera)]
    pools = tuple(without_cameras(known.all_pools, known.cameras))
    known = dataclasses.replace(known, cameras={}, exams={}, box_thresholds={})
    return dataclasses.replace(known, dismissed=tuple(left), pools=pools)


def with_known_rate(model: TrainedModel, video: InputVideo) -> TrainedModel:
    """Gives a network that Keras alone has written the frame rate of a video under `img/`.

    A video elsewhere is resampled to the rate that such a network is taken to have. Every other
    model is returned as it is.
    """
    if model.info.versions:
        return model
    with video.open_frames(model.info.size, model.info.fps) as opened:
        info = dataclasses.replace(model.info, fps=opened.fps, versions=versions())
    return dataclasses.replace(model, info=info)


def _require_rate(videos: Sequence[InputVideo], info: ModelInfo, img: Path) -> None:
    """Refuses frames under `img/` that are further apart than those of the model, or closer.

    Everything would seem to move faster, or more slowly, and that would be learnt as normal.
    """
    for video in videos:
        with video.open_frames(info.size, info.fps) as opened:
            fps = opened.fps
        if not is_same_rate(fps, info.fps):
            raise AbnormalError(
                f"{video.name} in {img} has {fps:.4g} frames a second, but the model has learnt "
                f"from {info.fps:.4g}. Calibrate it on the videos themselves, which are brought to "
                f"that rate: `{command('train')} --calibrate VIDEOS`; or extract them again: "
                f"`{command('preprocess')} --fps {info.fps:.4g}`."
            )


def _normal_video(video: InputVideo, info: ModelInfo, notes: set[str]) -> NormalVideo:
    """Returns a video at the size and frame rate of the model; reading it adds to the notes."""
    gaps: list[Gap] = []

    @contextlib.contextmanager
    def open_frames() -> Iterator[Iterable[np.ndarray]]:
        with video.open_frames(info.size, info.fps) as opened:
            yield _with_gaps(opened, gaps)
        notes.update(f"{video.name}: {note}" for note in opened.notes)

    return NormalVideo(video.name, video.camera, open_frames, video.frames, True, gaps)


def _with_gaps(opened: ModelFrames, gaps: list[Gap]) -> Iterator[np.ndarray]:
    """Yields the frames, and keeps a list of the gaps that are known up to each."""
    for frame in opened.frames:
        gaps[:] = opened.gaps
        yield frame
