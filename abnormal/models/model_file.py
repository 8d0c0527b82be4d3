"""`model.h5`: a plain Keras model of stock layers, and beside it all that scoring needs to know.

    model.h5
      model_config, model_weights     as Keras writes and reads them
      abnormal/info                   a JSON text: `ModelInfo`; Keras ignores it
      abnormal/reference/clips        a few clips, uint8
      abnormal/reference/scores/NAME  their scores as the calibration was made: `Reference`
      abnormal/levels/N/NAME          what is normal at each place for a score and camera number N

`keras.models.load_model("model.h5", compile=False)` loads it without this package.
"""

import dataclasses
import json
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
from abnormal.models.model_path import check_ending, require_model_file

GROUP = "abnormal"

# What h5py and Keras raise on damaged files.
_DAMAGE = (OSError, LookupError, TypeError, ValueError, AttributeError, RuntimeError)

# Keras rebuilds whatever class a file names, with arguments from it. These run no code from it.
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


Levels = Mapping[str, Mapping[str, np.ndarray]]
"""By camera, then by score."""


@dataclass(frozen=True)
class ModelInfo:
    """What scoring needs to know about a trained model.

    Attributes:
        arch: Name of its architecture.
        clip_length: Frames of a clip.
        size: Height and width of a frame, in pixels.
        fps: Frames per second of the footage that it was trained on.
        cameras: The places that it has seen; empty names where they were not told apart.
        normalisation: How a uint8 pixel becomes the network's input.
        loss: What it was trained to make small.
        seed: Of the training.
        versions: Of Keras, its backend and this package.
        data_fingerprint: Hash of the training videos.
        history: One entry per epoch: epoch, loss, val_loss.
        calibration: What the scores are on normal footage; see `abnormal.scoring.calibration`.
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
    """A few clips with the scores that they had when the thresholds were made.

    Whatever computes the network elsewhere has to give the same, or a threshold means something
    else there.

    Attributes:
        clips: `(n, clip_length, size, size)` uint8.
        scores: For each score's name `(n, clip_length)` float64.
    """

    clips: np.ndarray
    scores: dict[str, np.ndarray]


@dataclass(frozen=True)
class TrainedModel:
    """A model as it came from its file.

    Attributes:
        network: From `(batch, clip_length, size, size, 1)` float32 in [0, 1] to the same.
        info: What is known about it.
        path: Its file.
        reference: What it is compared by; None in files from before there was one.
        levels: For each camera of the calibration, and each score that knows the place, the
            normal level of each cell, `(rows, columns)` float32.
    """

    network: keras.Model
    info: ModelInfo
    path: Path
    reference: Reference | None = None
    levels: Levels = field(default_factory=dict)


def save_model(
    path: Path,
    network: keras.Model,
    info: ModelInfo,
    reference: Reference | None = None,
    levels: Levels | None = None,
) -> None:
    """Writes a model file, whole or not at all; a file that is there is replaced.

    Raises:
        AbnormalError: The name has another ending, the folder cannot be written to, or the disk is
            full.
    """
    check_ending(path)
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
            # Numbered, as a camera's name may have a slash. In the order of the names.
            for number, (_, of_camera) in enumerate(sorted((levels or {}).items())):
                for name, level in of_camera.items():
                    group.create_dataset(f"levels/{number}/{name}", data=level)


def load_model(path: Path) -> TrainedModel:
    """Reads a model file without running code from it.

    Raises:
        AbnormalError: It is missing, is no model file, or has layers that are not known.
    """
    info, config, reference, levels = _read(path)
    unknown = sorted(set(_unknown_names(config)))
    if unknown:
        raise AbnormalError(
            f"{path} is not loaded: it names {', '.join(unknown)}, which no network of this "
            "program has. A model file from elsewhere may run code; train one with "
            f"`{command('train')}`."
        )
    try:
        network = keras.models.load_model(path, compile=False)
    except _DAMAGE as error:
        raise _damaged(path, error) from None
    shape = (info.clip_length, info.size, info.size, 1)
    if network.input_shape[1:] != shape or network.output_shape[1:] != shape:
        raise _damaged(path, f"its network takes {network.input_shape[1:]}, not {shape}")
    return TrainedModel(network, info, path, reference, levels)


def _save_network(path: Path, network: keras.Model) -> None:
    verbosity = absl.logging.get_verbosity()
    absl.logging.set_verbosity(absl.logging.ERROR)  # Keras would advise another format
    try:
        network.save(path, include_optimizer=False)
    finally:
        absl.logging.set_verbosity(verbosity)


def _read(path: Path) -> tuple[ModelInfo, Any, Reference | None, Levels]:
    require_model_file(path)
    try:
        with h5py.File(path, "r") as file:
            config = json.loads(file.attrs["model_config"])
            stored = json.loads(file[GROUP]["info"][()])
            reference = _read_reference(file[GROUP])
            info = ModelInfo(**stored)
            levels = _read_levels(file[GROUP], sorted(info.calibration.get("cameras", {})))
        cameras, history = tuple(info.cameras), tuple(info.history)
    except _DAMAGE as error:
        raise _damaged(path, error) from None
    return dataclasses.replace(info, cameras=cameras, history=history), config, reference, levels


def _read_reference(group: h5py.Group) -> Reference | None:
    if "reference" not in group:
        return None
    stored = group["reference"]
    scores = {name: np.array(values) for name, values in stored["scores"].items()}
    return Reference(np.array(stored["clips"]), scores)


def _read_levels(group: h5py.Group, cameras: Sequence[str]) -> Levels:
    return {
        camera: {name: np.array(level) for name, level in group[f"levels/{number}"].items()}
        for number, camera in enumerate(cameras)
    }


def _damaged(path: Path, why: object) -> AbnormalError:
    first_line = (str(why).splitlines() or ["damaged"])[0]
    return AbnormalError(
        f"{path} is not a model file of this program ({first_line}). "
        f"Expected: what `{command('train')}` writes."
    )


def _unknown_names(config: Any) -> Iterator[str]:
    """What a Keras configuration names, at any depth, that is no known class or not Keras's."""
    if isinstance(config, dict):
        if "class_name" in config and str(config["class_name"]) not in KNOWN_CLASSES:
            yield str(config["class_name"])
        if str(config.get("module") or "keras").split(".")[0] != "keras":
            yield str(config["module"])
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _unknown_names(value)
