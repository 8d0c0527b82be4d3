"""Writes and reads `model.h5`: a plain Keras model of stock layers, and data for scoring.

    model.h5                          or model.keras: see `abnormal.models.stored_model`
      model_config, model_weights     as Keras writes and reads them
      abnormal/info                   a JSON text: `ModelInfo`; Keras ignores it
      abnormal/reference/clips        a few clips, uint8
      abnormal/reference/scores/NAME  their scores at the time of calibration: `Reference`
      abnormal/levels/N/NAME          the normal level of each cell, by camera number and score
      abnormal/levels/N/raised_NAME   the levels that each dismissed event of the camera asks for
      abnormal/levels/N/background    what the camera shows when nobody is there, uint8

`keras.models.load_model("model.h5", compile=False)` loads the network without this package.
"""

import dataclasses
import functools
import json
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from abnormal import checks
from abnormal.commands import calibrate_command, command
from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.hdf5 import hdf5_write_errors, one_line_errors
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.lazy_network import LazyNetwork, digest_of_stored
from abnormal.models.model import ArraysByCamera, ModelInfo, Reference, TrainedModel
from abnormal.models.model_check import (
    Shape,
    check_info,
    clips_of,
    layer_classes,
    shapes_of_weights,
)
from abnormal.models.model_path import check_suffix, require_model_file
from abnormal.models.network_file import (
    has_known_classes,
    read_layers,
    read_network,
    save_network,
)
from abnormal.models.stored_layers import StoredLayer
from abnormal.models.stored_model import copy_network, open_stored, writing_group
from abnormal.reading import first_line, parse_json
from abnormal.replacing import replacing, reserve

if TYPE_CHECKING:
    import keras

MOST_OVERHEAD_BYTES = 1 << 20
"""What a model file takes besides its arrays, at most about, in bytes."""

UNKNOWN_FPS = 25.0
"""Frames per second of a network that Keras alone has written, until it is calibrated."""

OWN = "own"
"""Name of the architecture of a network that Keras alone has written and that has another name than
those of this program."""

MOST_REFERENCE_CLIPS = 100
"""Largest number of reference clips."""

log = logging.getLogger(__name__)


def save_model(
    path: Path,
    network: "keras.Model",
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
    arrays = arrays or {}
    with replacing(path) as partial, hdf5_write_errors(path):
        reserve(partial, _size_of(network.get_weights(), reference, arrays))
        save_network(partial, network)
        with writing_group(partial) as group:
            _write_facts(group, info, reference, arrays)


def change_model(
    model: TrainedModel,
    info: ModelInfo,
    reference: Reference | None = None,
    arrays: ArraysByCamera | None = None,
) -> None:
    """Writes a model file again, with the same network, for which Keras is not needed.

    Args:
        model: The model, as it was read from the file.
        info: The new facts about it.
        reference: The new reference clips; None for those that it has.
        arrays: The new arrays of the calibration; None for those that it has.

    Raises:
        AbnormalError: The file cannot be read, may not be written, or the disk is full.
    """
    path, reference = model.path, reference or model.reference
    arrays = model.arrays if arrays is None else arrays
    with replacing(path) as partial, hdf5_write_errors(path):
        reserve(partial, _size_of([], reference, arrays) + path.stat().st_size)
        copy_network(path, partial)
        with writing_group(partial) as group:
            _write_facts(group, info, reference, arrays)


def _write_facts(
    group: h5py.Group, info: ModelInfo, reference: Reference | None, arrays: ArraysByCamera
) -> None:
    """Writes all that Keras ignores."""
    group.create_dataset("info", data=json.dumps(dataclasses.asdict(info)))
    if reference:
        stored = group.create_group("reference")
        stored.create_dataset("clips", data=reference.clips, compression="gzip")
        for name, scores in reference.scores.items():
            stored.create_dataset(f"scores/{name}", data=scores)
    # By number, because the name of a camera may contain a slash. In the order of names.
    for number, (_, of_camera) in enumerate(sorted(arrays.items())):
        for name, array in of_camera.items():
            group.create_dataset(f"levels/{number}/{name}", data=array)


def load_model(path: Path) -> TrainedModel:
    """Reads a model file with its network; see `read_model`."""
    model = read_model(path)
    _ = model.network
    return model


def read_model(path: Path) -> TrainedModel:
    """Reads a model file, but not yet its network, for which Keras would have to be imported.

    Code is never run unless the file is trusted (`abnormal.models.trust`), and every value is
    checked before its use. A network that Keras alone has written is a model without calibration.

    Raises:
        AbnormalError: The file is missing, is not a model file, is damaged, or has layers of
            unknown classes. What is wrong with the network alone is raised when that is read.
    """
    require_model_file(path)
    try:
        return _read(path)
    except ValueError as error:
        raise damaged(path, first_line(error)) from None


def _size_of(
    weights: Sequence[np.ndarray], reference: Reference | None, arrays: ArraysByCamera
) -> int:
    """Returns about how many bytes a model file takes, not less."""
    every = [*weights, *(array for of in arrays.values() for array in of.values())]
    every += [reference.clips, *reference.scores.values()] if reference else []
    return sum(array.nbytes for array in every) + MOST_OVERHEAD_BYTES


def _read(path: Path) -> TrainedModel:
    """Reads and checks all but the network."""
    with open_stored(path) as stored:
        config, group = stored.config, stored.group
        if group is None:
            info = _info_of_plain(path, config)
        else:
            info = _model_info(check_info(parse_json(_text_in(group["info"]))))
        is_known = has_known_classes(path, config, info.needs)
        shape = _shape_of_clips(info)
        with one_line_errors():
            layers = layer_classes(config)
            shapes_of_weights(stored.weights)
        reference, arrays = None, dict[str, Mapping[str, np.ndarray]]()
        if group is not None:
            has_reference = "reference" in group
            reference = _read_reference(group["reference"], shape) if has_reference else None
            arrays = _read_arrays(group, sorted(info.calibration.get("cameras", {})))
        stored.verify()
        digest = digest_of_stored(config, stored.weights)
    read = functools.partial(_read_network, path, digest, shape, None if is_known else info.needs)
    stored_layers = functools.partial(_read_layers, path, digest) if is_known else lambda: None
    network = LazyNetwork(digest, layers, read, stored_layers)
    return TrainedModel(network, info, path, reference, arrays)


def _read_network(
    path: Path, digest: str, shape: Shape, needs: Mapping[str, str] | None
) -> "keras.Model":
    try:
        return read_network(path, digest, shape, needs)
    except ValueError as error:
        raise damaged(path, first_line(error)) from None


def _read_layers(path: Path, digest: str) -> list[StoredLayer] | None:
    try:
        return read_layers(path, digest)
    except ValueError as error:
        raise damaged(path, first_line(error)) from None


def _info_of_plain(path: Path, config: Any) -> ModelInfo:
    """Returns what is known about a network that Keras alone has written."""
    length, size = clips_of(config)
    name = str(config["config"].get("name"))
    log.warning(
        "%s has no calibration, because Keras alone has written it. Calibrate it on normal "
        "footage: `%s`",
        *(path, calibrate_command(path)),
    )
    return ModelInfo(name if name in ARCHITECTURES else OWN, length, size, UNKNOWN_FPS)


def _shape_of_clips(info: ModelInfo) -> Shape:
    """Returns the shape of the network's inputs and outputs, without the batch."""
    return (info.clip_length, info.size, info.size, 1)


def _text_in(dataset: h5py.Dataset) -> bytes:
    content = dataset[()]
    if type(content) is not bytes:
        raise ValueError(f"{dataset.name} is not a text")
    return content


def _model_info(stored: Mapping[str, Any]) -> ModelInfo:
    lists = {name: tuple(stored[name]) for name in ("cameras", "history") if name in stored}
    return ModelInfo(**{**stored, **lists})


def _read_reference(stored: h5py.Group, shape: Sequence[int]) -> Reference:
    clips = stored["clips"]
    count = clips.shape[0] if clips.shape else 0
    if clips.dtype != np.uint8 or clips.shape != (count, *shape[:3]):
        raise ValueError(f"its reference clips are {clips.dtype} {clips.shape}")
    checks.whole("the number of its reference clips", count, 1, MOST_REFERENCE_CLIPS)
    scores = {name: np.array(values) for name, values in stored["scores"].items()}
    for name, values in scores.items():
        if values.shape != clips.shape[:2] or not np.isfinite(values).all():
            raise ValueError(f"the scores {name} of its reference clips are no numbers for them")
    return Reference(np.array(clips), scores)


def _read_arrays(group: h5py.Group, cameras: Sequence[str]) -> dict[str, Mapping[str, np.ndarray]]:
    return {
        camera: {name: np.array(array) for name, array in group[f"levels/{number}"].items()}
        for number, camera in enumerate(cameras)
    }


def damaged(path: Path, why: str) -> AbnormalError:
    """Returns the error that says what is wrong with a model file, and what to do about it."""
    if cut := re.search(r"truncated file: eof = (\d+).*stored_eof = (\d+)", why):
        return AbnormalError(
            f"{path} is not a model file of this program as it is: only {cut[1]} of its {cut[2]} "
            "bytes are there. Copy or download it again."
        )
    if path.is_file() and not path.stat().st_size:
        why = "it is empty"
    return AbnormalError(
        f"{path} is not a model file of this program ({why}). "
        f"Expected: what `{command('train')}` writes."
    )
