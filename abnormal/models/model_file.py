"""Writes and reads `model.h5`: a plain Keras model of stock layers, and data for scoring.

    model.h5
      model_config, model_weights     as Keras writes and reads them
      abnormal/info                   a JSON text: `ModelInfo`; Keras ignores it
      abnormal/reference/clips        a few clips, uint8
      abnormal/reference/scores/NAME  their scores at the time of calibration: `Reference`
      abnormal/levels/N/NAME          the normal level of each cell, by camera number and score
      abnormal/levels/N/background    what the camera shows when nobody is there, uint8

`keras.models.load_model("model.h5", compile=False)` loads the network without this package.
"""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import absl.logging
import h5py
import keras
import numpy as np

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, replacing
from abnormal.models.model_path import check_suffix, require_model_file

GROUP = "abnormal"
"""Name of the HDF5 group for everything that Keras does not read."""

# The errors that h5py and Keras raise on damaged files.
_DAMAGED_FILE_ERRORS = (OSError, LookupError, TypeError, ValueError, AttributeError, RuntimeError)

# Keras creates any class that a file names, with arguments from the file. These are safe: they run
# no code from the file.
KNOWN_CLASSES = {
    "Sequential",
    "InputLayer",
    "BatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM2D",
    "Dense",
    "Flatten",
    "MaxPooling2D",
    "Permute",
    "Reshape",
    "UpSampling2D",
    "DTypePolicy",
    "GlorotUniform",
    "Ones",
    "Orthogonal",
    "Zeros",
}


ArraysByCamera = Mapping[str, Mapping[str, np.ndarray]]
"""Maps each camera to its arrays by name; see `abnormal.scoring.calibration.Calibration.arrays`."""


@dataclass(frozen=True)
class ModelInfo:
    """Facts about a trained model that scoring needs.

    Attributes:
        arch: Name of the architecture.
        clip_length: Number of frames of a clip.
        size: Height and width of a frame in pixels.
        fps: Frames per second of the training footage.
        cameras: Names of the cameras in the training footage; a single empty name if the cameras
            were not distinguished.
        normalisation: The formula that turns a uint8 pixel into an input of the network.
        loss: Name of the training loss.
        seed: Random seed of the training.
        versions: Versions of this package, Keras and its backend, by package name.
        data_fingerprint: Hash of the training videos.
        history: One entry per epoch: epoch, loss, val_loss.
        calibration: Statistics of the scores on normal footage; see
            `abnormal.scoring.calibration`.
    """

    arch: str
    clip_length: int
    size: int
    fps: float
    cameras: tuple[str, ...] = ()
    normalisation: str = "pixel / 255"
    loss: str = "mse"
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    data_fingerprint: str = ""
    history: tuple[dict[str, float], ...] = ()
    calibration: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reference:
    """A few clips with the scores that they had when the model was calibrated.

    A runtime has to reproduce these scores. If it does not, the thresholds of the calibration are
    not valid for it.

    Attributes:
        clips: `(n, clip_length, size, size)` uint8 in 0 to 255.
        scores: Maps the name of each score to its values, `(n, clip_length)` float64.
    """

    clips: np.ndarray
    scores: dict[str, np.ndarray]


@dataclass(frozen=True)
class TrainedModel:
    """A model that was loaded from a model file.

    Attributes:
        network: The network. It takes and returns `(batch, clip_length, size, size, 1)` float32
            in [0, 1].
        info: Facts about the model.
        path: The model file.
        reference: The clips by which runtimes are verified; None in files of older versions.
        arrays: The normal levels and the background of each camera of the calibration.
    """

    network: keras.Model
    info: ModelInfo
    path: Path
    reference: Reference | None = None
    arrays: ArraysByCamera = field(default_factory=dict)


def save_model(
    path: Path,
    network: keras.Model,
    info: ModelInfo,
    reference: Reference | None = None,
    arrays: ArraysByCamera | None = None,
) -> None:
    """Writes a model file, completely or not at all. An existing file is replaced.

    Args:
        path: The file to write.
        network: The network, of stock Keras layers.
        info: Facts about the model.
        reference: The clips by which runtimes are verified.
        arrays: The arrays of the calibration; see `abnormal.scoring.calibration`.

    Raises:
        AbnormalError: The file name has a wrong suffix, the folder may not be written to, or the
            disk is full.
    """
    check_suffix(path)
    make_folder(path.absolute().parent)
    with replacing(path) as partial:
        _save_network(partial, network)
        with h5py.File(partial, "a") as file:
            info_text = json.dumps(dataclasses.asdict(info))
            group = file.create_group(GROUP)
            group.create_dataset("info", data=info_text)
            if reference:
                stored = group.create_group("reference")
                stored.create_dataset("clips", data=reference.clips, compression="gzip")
                for name, scores in reference.scores.items():
                    stored.create_dataset(f"scores/{name}", data=scores)
            # By number, because the name of a camera may contain a slash. In the order of names.
            for number, (_, of_camera) in enumerate(sorted((arrays or {}).items())):
                for name, array in of_camera.items():
                    group.create_dataset(f"levels/{number}/{name}", data=array)


def load_model(path: Path) -> TrainedModel:
    """Reads a model file. Code in the file is never run.

    Raises:
        AbnormalError: The file is missing, is not a model file, or has layers of unknown classes.
    """
    info, config, reference, arrays = _read(path)
    unknown = sorted(set(_unknown_classes(config)))
    if unknown:
        raise AbnormalError(
            f"{path} is not loaded: it names {', '.join(unknown)}, which no network of this "
            "program has. A model file from elsewhere may run code; train one with "
            f"`{command('train')}`."
        )
    try:
        network = keras.models.load_model(path, compile=False)
    except _DAMAGED_FILE_ERRORS as error:
        raise _damaged(path, error) from None
    shape = (info.clip_length, info.size, info.size, 1)
    if network.input_shape[1:] != shape or network.output_shape[1:] != shape:
        raise _damaged(path, f"its network takes {network.input_shape[1:]}, not {shape}")
    return TrainedModel(network, info, path, reference, arrays)


def _save_network(path: Path, network: keras.Model) -> None:
    verbosity = absl.logging.get_verbosity()
    absl.logging.set_verbosity(absl.logging.ERROR)  # Keras would recommend another format
    try:
        network.save(path, include_optimizer=False)
    finally:
        absl.logging.set_verbosity(verbosity)


def _read(path: Path) -> tuple[ModelInfo, Any, Reference | None, ArraysByCamera]:
    require_model_file(path)
    try:
        with h5py.File(path, "r") as file:
            config = json.loads(file.attrs["model_config"])
            stored = json.loads(file[GROUP]["info"][()])
            reference = _read_reference(file[GROUP])
            info = ModelInfo(**stored)
            arrays = _read_arrays(file[GROUP], sorted(info.calibration.get("cameras", {})))
        cameras, history = tuple(info.cameras), tuple(info.history)
    except _DAMAGED_FILE_ERRORS as error:
        raise _damaged(path, error) from None
    return dataclasses.replace(info, cameras=cameras, history=history), config, reference, arrays


def _read_reference(group: h5py.Group) -> Reference | None:
    if "reference" not in group:
        return None
    stored = group["reference"]
    scores = {name: np.array(values) for name, values in stored["scores"].items()}
    return Reference(np.array(stored["clips"]), scores)


def _read_arrays(group: h5py.Group, cameras: Sequence[str]) -> ArraysByCamera:
    return {
        camera: {name: np.array(array) for name, array in group[f"levels/{number}"].items()}
        for number, camera in enumerate(cameras)
    }


def _damaged(path: Path, why: object) -> AbnormalError:
    first_line = (str(why).splitlines() or ["damaged"])[0]
    if cut := re.search(r"truncated file: eof = (\d+).*stored_eof = (\d+)", first_line):
        return AbnormalError(
            f"{path} is not a model file of this program as it is: only {cut[1]} of its {cut[2]} "
            "bytes are there. Copy or download it again."
        )
    if path.is_file() and not path.stat().st_size:
        first_line = "it is empty"
    return AbnormalError(
        f"{path} is not a model file of this program ({first_line}). "
        f"Expected: what `{command('train')}` writes."
    )


def _unknown_classes(config: Any) -> Iterator[str]:
    """Yields the names in a Keras configuration of unknown classes and of modules outside Keras."""
    if isinstance(config, dict):
        if "class_name" in config and str(config["class_name"]) not in KNOWN_CLASSES:
            yield str(config["class_name"])
        if str(config.get("module") or "keras").split(".")[0] != "keras":
            yield str(config["module"])
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _unknown_classes(value)
