"""Exports a trained network to the formats of other programs, and verifies each exported file."""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.models.backend import quiet_stderr
from abnormal.models.export_labels import label_onnx, label_openvino, label_saved_model
from abnormal.models.fast import fast_form
from abnormal.models.lazy_network import LazyNetwork
from abnormal.models.model import TrainedModel
from abnormal.models.openvino_file import GRAPH, write_openvino
from abnormal.models.packages import import_openvino, require_packages
from abnormal.reading import first_line
from abnormal.replacing import finding_full_disk, replacing, replacing_folder, writing

TOLERANCE = 1e-4
"""The largest accepted difference of a pixel in [0, 1] between the exported and the stock network.

Adding float32 numbers in another order changes them by about 1e-6.
"""

Predict = Callable[[np.ndarray], np.ndarray]
"""Computes reconstructions: `(batch, T, size, size, 1)` float32 in [0, 1] to the same."""


class ExportFormat(NamedTuple):
    """A file format that a network can be exported to.

    Attributes:
        suffix: Ending of the name of the exported file or folder, after the name of the model.
        packages: Names of the packages that have to be installed.
        extra: The optional dependency group with these packages; empty if none are needed.
        write: Writes a network to a path.
        label: Writes facts about the model into the exported network at a path.
        read: Loads the exported network from a path, and returns a function that runs it.
    """

    suffix: str
    packages: tuple[str, ...]
    extra: str
    write: Callable[[LazyNetwork, Path], None]
    label: Callable[[Path, Mapping[str, str]], None]
    read: Callable[[Path], Predict]


def export_model(model: TrainedModel, kind: str, facts: Mapping[str, str] | None = None) -> Path:
    """Exports the network of a model to a file or folder beside the model file.

    The exported network takes batches of any size. An earlier export is replaced. If the export
    fails, nothing is written.

    Args:
        model: The model. Its network takes and returns `(batch, T, size, size, 1)` float32 in
            [0, 1].
        kind: A key of `EXPORTS`.
        facts: Facts about the model that are written into the file; None for none.

    Returns:
        Path of the exported file or folder.

    Raises:
        AbnormalError: A package is missing, the folder may not be written to, or the exported
            network gives other outputs than the original.
    """
    export = EXPORTS[kind]
    require_packages(export.packages, export.extra, f"--export {kind}")
    path = model.path.with_name(model.path.stem + export.suffix)
    is_file = path.suffix != ""
    clips = _sample_clips(model)
    expected = model.network.predict_on_batch(clips)
    with (replacing if is_file else replacing_folder)(path) as partial, writing(path):
        with finding_full_disk(partial, _size_of(model.network)):
            export.write(model.lazy_network, partial)
        export.label(partial, facts or {})
        difference = float(np.abs(export.read(partial)(clips) - expected).max())
        if not difference <= TOLERANCE:
            raise AbnormalError(
                f"{path} is not kept: its pixels differ by up to {difference:.2g} from those of "
                f"{model.path}, and at most {TOLERANCE:g} was expected. Use another --export."
            )
    return path


def convert_to_openvino(network: keras.Model, path: Path) -> None:
    """Converts a network of any layers for OpenVINO, by way of TensorFlow.

    Args:
        network: A stock network, or a part of one.
        path: The `.xml` file to write; the weights are written beside it.

    Raises:
        AbnormalError: Keras does not run on TensorFlow, or the network is a class of its own.
    """
    import_openvino()
    with finding_full_disk(path.parent, _size_of(network)):
        _export(network, path, "openvino")


def _read_openvino(folder: Path) -> Predict:
    compiled = import_openvino().compile_model(
        folder / GRAPH, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    return lambda clips: compiled(clips)[0]


def _write_onnx(network: LazyNetwork, path: Path) -> None:
    _export(network.keras, path, "onnx")


def _read_onnx(path: Path) -> Predict:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (clips_input,) = session.get_inputs()
    return lambda clips: session.run(None, {clips_input.name: clips})[0]


def _write_saved_model(network: LazyNetwork, folder: Path) -> None:
    _export(network.keras, folder, "tf_saved_model")


def _read_saved_model(folder: Path) -> Predict:
    layer = keras.layers.TFSMLayer(str(folder), call_endpoint="serve")
    return lambda clips: keras.ops.convert_to_numpy(layer(clips))


def _export(network: keras.Model, path: Path, kind: str) -> None:
    """Lets Keras export the fast form of a network, which needs TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        raise AbnormalError(
            f"To convert this network for {kind}, Keras has to run on TensorFlow, but "
            f"KERAS_BACKEND is {keras.backend.backend()}. Leave it out."
        )
    fast = fast_form(network)
    if not hasattr(fast, "example_shape"):
        raise AbnormalError(
            f"The network {network.name} is a class of its own, which only Keras computes. Make it "
            "of connected layers: keras.Model(inputs, outputs)."
        )
    shape = (None, *fast.example_shape)
    fast.build(shape)
    try:
        with _quiet():
            clips = keras.InputSpec(shape=shape, dtype="float32", name="clips")
            fast.export(str(path), kind, False, [clips])
    except (OSError, AbnormalError):
        raise
    except Exception as error:  # each converter has its own
        why = first_line(" ".join(str(error).split()))
        raise AbnormalError(
            f"The network {network.name} cannot be converted for {kind}: {why} Use another "
            "--export or --runtime."
        ) from error


def _size_of(network: keras.Model) -> int:
    """Returns how many bytes the weights of a network take."""
    return sum(weight.nbytes for weight in network.get_weights())


def _sample_clips(model: TrainedModel) -> np.ndarray:
    """Returns two clips of noise, float32 in [0, 1]. Noise reaches every part of a network."""
    shape = (2, model.info.clip_length, model.info.size, model.info.size, 1)
    return np.random.default_rng(0).random(shape, np.float32)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hides messages of the converters, which address developers."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"), quiet_stderr():
            yield
    finally:
        logging.disable(before)


EXPORTS = {
    "onnx": ExportFormat(
        ".onnx", ("onnx", "onnxruntime", "tf2onnx"), "onnx", _write_onnx, label_onnx, _read_onnx
    ),
    "openvino": ExportFormat(
        "_openvino", ("openvino",), "openvino", write_openvino, label_openvino, _read_openvino
    ),
    "saved_model": ExportFormat(
        "_saved_model", (), "", _write_saved_model, label_saved_model, _read_saved_model
    ),
}
