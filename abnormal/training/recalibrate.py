"""A trained model learns from other normal footage what is normal, without being trained."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from abnormal.datasets.source import TRAINING
from abnormal.files import make_folder
from abnormal.frames.manifest import is_img
from abnormal.inference.calibrate import Calibrator, NormalVideo
from abnormal.inference.reference import make_reference
from abnormal.inference.runtimes import keras_runtime
from abnormal.inference.videos import InputVideo, source_videos, stored_videos
from abnormal.models.model_file import ModelInfo, load_model, save_model
from abnormal.scoring.calibration import Calibration, read_calibration

log = logging.getLogger(__name__)


def recalibrate(path: Path, folder: Path) -> Calibration:
    """Calibrates a model on other normal footage, and writes its file again.

    Args:
        path: The model file; it is replaced when all has gone well.
        folder: Videos, or frames that `preprocess.py` made, of which the normal ones are taken;
            cameras that it does not show stay as they were.

    Returns:
        The calibration of the model as it is then.

    Raises:
        AbnormalError: There is no model, or no normal footage that can be read.
    """
    model = load_model(path)
    make_folder(path.absolute().parent)  # now, not when all is computed
    old = read_calibration(model.info.calibration, model.levels)
    notes: set[str] = set()
    found = stored_videos(folder, TRAINING) if is_img(folder) else source_videos(folder, TRAINING)
    videos = [_normal(video, model.info, notes) for video in found]
    reconstruct = keras_runtime(model.network)
    calibrator = Calibrator(reconstruct, model.info.clip_length, model.info.fps)
    calibration = calibrator.calibrate(videos)
    for note in sorted(notes):
        log.info("  %s", note)
    forgotten = [event for event in old.dismissed if event["camera"] in calibration.cameras]
    if forgotten:
        log.info("note: %d dismissed events are not known any more", len(forgotten))
    calibration = dataclasses.replace(
        calibration,
        cameras=old.cameras | calibration.cameras,
        dismissed=tuple(event for event in old.dismissed if event not in forgotten),
    )
    info = dataclasses.replace(model.info, calibration=calibration.as_dict())
    reference = model.reference and make_reference(model.reference.clips, reconstruct)
    save_model(path, model.network, info, reference, calibration.levels)
    return calibration


def _normal(video: InputVideo, info: ModelInfo, notes: set[str]) -> NormalVideo:
    @contextlib.contextmanager
    def open_frames() -> Iterator[Iterable[np.ndarray]]:
        with video.open_frames(info.size, info.fps) as opened:
            yield opened.frames
        notes.update(f"{video.name}: {note}" for note in opened.notes)

    return NormalVideo(video.name, video.camera, open_frames, video.frames, held_out=True)
