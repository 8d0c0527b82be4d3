"""Finishes a run: calibrates its network, writes the model file, and examines what it finds."""

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import locked_file
from abnormal.frames.clips import end_to_end_clips
from abnormal.inference.calibrate import Calibrator
from abnormal.inference.exam import examine
from abnormal.inference.normal_video import NormalVideo
from abnormal.inference.reference import REFERENCE_CLIPS, make_reference
from abnormal.inference.regime_footage import split_regimes
from abnormal.inference.runtimes import Reconstruct, keras_runtime
from abnormal.inference.stored_calibration import change_calibration, read_info_and_calibration
from abnormal.models.backend import versions
from abnormal.models.fast import stock_of
from abnormal.models.model import ModelInfo, Reference
from abnormal.models.model_file import save_model
from abnormal.models.own_code import needs_of
from abnormal.models.stored_network import digest_of_network, has_same_code, holds_weights
from abnormal.scoring.calibration import Calibration
from abnormal.training.devices import Devices
from abnormal.training.finished import (
    forget_finished,
    has_finished_network,
    must_write_model,
)
from abnormal.training.fitting import Fitting
from abnormal.training.footage import Footage
from abnormal.training.loss_files import losses_path
from abnormal.training.network import on_one_device
from abnormal.training.options import TrainingOptions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingResult:
    """Result of a training run.

    Attributes:
        info: Description of the model, as in the model file.
        calibration: What was learnt about its scores.
        losses: Path of the CSV file of losses.
        stopped_early: Whether the run ended early because the validation loss stopped improving.
        best_epoch: 1-based number of the epoch whose weights the model has.
    """

    info: ModelInfo
    calibration: Calibration
    losses: Path
    stopped_early: bool
    best_epoch: int


def finish(
    options: TrainingOptions, footage: Footage, fitting: Fitting, devices: Devices
) -> TrainingResult:
    """Writes and examines the model of a network that is trained.

    A model file that has this network already stays as it is, with all that it has learnt since,
    unless the run has begun anew as asked.

    Raises:
        AbnormalError: There is no footage to calibrate on, the model file cannot be written, or
            another network was written to it during the exam.
    """
    network = on_one_device(stock_of(fitting.network), devices)
    reconstruct = keras_runtime(network)
    info = _model_info(options, footage, fitting, network)
    must_write = options.restart or must_write_model(options.checkpoints)
    is_written = not must_write and _is_written(options.output, info, network)
    is_examined = is_written and has_finished_network(options.checkpoints, options.output)
    videos = [] if is_examined else split_regimes(footage.normal_videos(), footage.fps)
    if is_written:
        log.info("%s has this network, and keeps all that it has learnt since", options.output)
        info, calibration = read_info_and_calibration(options.output)
    else:
        calibrator = Calibrator(reconstruct, options.clip_length, footage.fps)
        calibration = calibrator.calibrate(videos)
        info = dataclasses.replace(info, calibration=calibration.as_dict())
        reference = _reference(reconstruct, footage, options.clip_length)
        with locked_file(options.output):
            _say_what_is_lost(options.output, footage, calibration)
            forget_finished(options.checkpoints, must_write=True)
            save_model(options.output, network, info, reference, calibration.arrays)
            forget_finished(options.checkpoints)  # what it learns from now on stays
    if not is_examined:  # the model is safe before the exam begins, which takes a minute or two
        calibration = _examine(options.output, reconstruct, info, videos, calibration)
        info = dataclasses.replace(info, calibration=calibration.as_dict())
    stopping = fitting.stopping
    best = stopping.best_epoch + 1 if stopping.best_weights else len(fitting.history)
    return TrainingResult(
        info, calibration, losses_path(options.output), fitting.has_stopped_early, best
    )


def _is_written(output: Path, info: ModelInfo, network: keras.Model) -> bool:
    """Whether a model file has this network, learnt from the same footage in the same epochs.

    It also has to need the same code, because what a run has left here is opened as trusted.
    """
    try:
        known, _ = read_info_and_calibration(output)
        same = ("history", "data_fingerprint", "cameras", "needs")
        return (
            all(getattr(known, name) == getattr(info, name) for name in same)
            and holds_weights(output, network.get_weights())
            and has_same_code(output, network)
        )
    except AbnormalError:  # there is none, or it is damaged
        return False


def _say_what_is_lost(output: Path, footage: Footage, calibration: Calibration) -> None:
    """Warns of what the model that is replaced has learnt after its training."""
    try:
        _, known = read_info_and_calibration(output)
    except AbnormalError:
        return
    cameras = [name for name in known.camera_names if name not in calibration.camera_names]
    videos = {*known.videos} - {record.video for record in footage.records}
    lost = [f"camera {name!r}" for name in cameras]
    lost += [f"dismissed events ({len(known.dismissed)})"] if known.dismissed else []
    lost += [f"normal footage of other videos ({len(videos)})"] if videos else []
    if lost:
        log.warning("%s is replaced, and what it knew is lost: %s", output, ", ".join(lost))


def _examine(
    output: Path,
    reconstruct: Reconstruct,
    info: ModelInfo,
    videos: Sequence[NormalVideo],
    calibration: Calibration,
) -> Calibration:
    """Examines the cameras of the videos that have not been examined, and keeps the results.

    What the model is taught in the meantime stays.
    """
    seen = {video.camera for video in videos if video.name in calibration.videos}
    new = seen - calibration.exams.keys()
    cameras = {name: one for name, one in calibration.cameras.items() if name in new}
    part = dataclasses.replace(calibration, cameras=cameras)
    network = digest_of_network(output)
    exams = examine(reconstruct, info.clip_length, info.fps, videos, part).exams

    def with_exams(known: Calibration) -> Calibration:
        there = {name: exam for name, exam in exams.items() if name in known.cameras}
        return dataclasses.replace(known, exams=there | known.exams)

    return change_calibration(output, with_exams, network=network) if exams else calibration


def _reference(reconstruct: Reconstruct, footage: Footage, clip_length: int) -> Reference:
    """Takes a few clips, spread over the footage, with what the network makes of them."""
    cache = footage.held_out if footage.held_out.lengths else footage.training
    clips = end_to_end_clips(cache.lengths, clip_length)
    chosen = sorted({round(index) for index in np.linspace(0, len(clips) - 1, REFERENCE_CLIPS)})
    frames = np.stack([cache.clip(clips[index], clip_length) for index in chosen])
    return make_reference(frames, reconstruct)


def _model_info(
    options: TrainingOptions, footage: Footage, fitting: Fitting, network: keras.Model
) -> ModelInfo:
    """Returns all facts about the model but its calibration."""
    return ModelInfo(
        arch=options.arch,
        clip_length=options.clip_length,
        size=options.size,
        fps=footage.fps,
        cameras=tuple(sorted({record.camera for record in footage.records})),
        loss=options.loss,
        seed=options.seed,
        versions=versions(),
        data_fingerprint=footage.fingerprint,
        history=tuple(fitting.history),
        needs=needs_of(network),
    )
