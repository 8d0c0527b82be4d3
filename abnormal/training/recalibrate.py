"""Calibrates a trained model on other normal footage, without training it again."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from abnormal.datasets.source import TRAINING
from abnormal.files import make_folder
from abnormal.frames.gaps import Gap
from abnormal.frames.manifest import is_img
from abnormal.inference.calibrate import Calibrator
from abnormal.inference.exam import examine
from abnormal.inference.normal_video import NormalVideo
from abnormal.inference.reference import make_reference
from abnormal.inference.runtimes import keras_runtime
from abnormal.inference.stored_calibration import calibration_of
from abnormal.inference.videos import InputVideo, ModelFrames, source_videos, stored_videos
from abnormal.models.backend import versions
from abnormal.models.model_file import ModelInfo, TrainedModel, load_model, save_model
from abnormal.scoring.calibration import Calibration

log = logging.getLogger(__name__)


def recalibrate(path: Path, folder: Path) -> Calibration:
    """Calibrates a model on other normal footage, and replaces its file.

    Cameras that the footage does not show keep what is normal for them. What all cameras share, the
    counts of false alarms and the thresholds of scores that are not local, comes from the footage.

    Args:
        path: The model file. It is replaced only if everything succeeds.
        folder: Folder of videos, or of frames from `preprocess.py`. Only normal videos are used.

    Returns:
        The new calibration of the model.

    Raises:
        AbnormalError: There is no such model, or no readable normal footage.
    """
    model = load_model(path)
    make_folder(path.absolute().parent)  # fails now rather than after the computation
    old = calibration_of(model)
    notes: set[str] = set()
    found = stored_videos(folder, TRAINING) if is_img(folder) else source_videos(folder, TRAINING)
    model = with_known_rate(model, found[0])
    videos = [_normal_video(video, model.info, notes) for video in found]
    reconstruct = keras_runtime(model.network)
    calibrator = Calibrator(reconstruct, model.info.clip_length, model.info.fps)
    calibration = calibrator.calibrate(videos)
    calibration = examine(
        *(reconstruct, model.info.clip_length, model.info.fps), *(videos, calibration)
    )
    for note in sorted(notes):
        log.info("  %s", note)
    forgotten = [event for event in old.dismissed if event.camera in calibration.cameras]
    if forgotten:
        log.info("note: %d dismissed events are not known any more", len(forgotten))
    calibration = dataclasses.replace(
        calibration,
        cameras=old.cameras | calibration.cameras,
        exams={name: exam for name, exam in old.exams.items() if name not in calibration.cameras}
        | calibration.exams,
        dismissed=tuple(event for event in old.dismissed if event not in forgotten),
    )
    info = dataclasses.replace(model.info, calibration=calibration.as_dict())
    reference = model.reference and make_reference(model.reference.clips, reconstruct)
    save_model(path, model.network, info, reference, calibration.arrays)
    return calibration


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
