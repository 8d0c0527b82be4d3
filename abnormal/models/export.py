"""A trained network in the formats of other programs, each checked after it is written."""

import contextlib
import importlib.util
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, cast

import keras
import numpy as np

from abnormal.commands import install_command
from abnormal.errors import AbnormalError
from abnormal.files import replacing, replacing_folder
from abnormal.models.backend import quiet_stderr
from abnormal.models.fast import FastNetwork
from abnormal.models.model_file import TrainedModel

TOLERANCE = 1e-4
"""Of a pixel in [0, 1]. Sums of float32 in another order differ by about 1e-6."""

Run = Callable[[np.ndarray], np.ndarray]


class Export(NamedTuple):
    """A format.

    Attributes:
        ending: What the name of a model is followed by.
        packages: What has to be installed.
        extra: Name of the extra that brings them; empty where nothing is needed.
        write: Writes a fast network to a path.
        read: Gives what computes it from there.
    """

    ending: str
    packages: tuple[str, ...]
    extra: str
    write: Callable[[keras.Model, Path], None]
    read: Callable[[Path], Run]


def export_model(model: TrainedModel, kind: str) -> Path:
    """Writes a model's network beside its file, whole or not at all, for batches of any size.

    Args:
        model: The network takes and gives `(batch, T, size, size, 1)` float32 in [0, 1].
        kind: A name in `EXPORTS`.

    Returns:
        The file or folder. What was there is replaced.

    Raises:
        AbnormalError: A package is missing, the place cannot be written to, or what was written
            does not give what the network gives.
    """
    export = EXPORTS[kind]
    require_packages(kind, f"--export {kind}")
    path = model.path.with_name(model.path.stem + export.ending)
    as_file = path.suffix != ""
    clips = _sample(model)
    expected = model.network.predict_on_batch(clips)
    with (replacing if as_file else replacing_folder)(path) as partial:
        export.write(built(FastNetwork(model.network)), partial)
        difference = float(np.abs(export.read(partial)(clips) - expected).max())
        if not difference <= TOLERANCE:
            raise AbnormalError(
                f"{path} is not kept: its pixels differ by up to {difference:.2g} from those of "
                f"{model.path}, and at most {TOLERANCE:g} was expected. Use another --export."
            )
    return path


def require_packages(kind: str, wanted: str) -> None:
    """Makes sure that a format can be written and read here.

    Raises:
        AbnormalError: It cannot; the message names what is missing.
    """
    export = EXPORTS[kind]
    missing = [name for name in export.packages if importlib.util.find_spec(name) is None]
    if missing:
        raise AbnormalError(
            f"{wanted} needs {', '.join(missing)}. Install with `{install_command(export.extra)}`."
        )
    if keras.backend.backend() != "tensorflow":
        raise AbnormalError(
            f"{wanted} needs Keras on TensorFlow, but KERAS_BACKEND is "
            f"{keras.backend.backend()}. Leave it out."
        )


def built(network: keras.Model) -> keras.Model:
    """A fast network with its shapes known, as it has to be to be written."""
    network.build((None, *network.example_shape))
    return network


def import_openvino() -> ModuleType:
    """OpenVINO, kept from telling its makers over the network that it is used."""
    sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))  # as if it were missing
    import openvino

    return openvino


def write_openvino(network: keras.Model, folder: Path) -> None:
    """Writes `model.xml` and `model.bin` into a folder; see `built`."""
    import_openvino()
    with _quiet():
        network.export(str(folder / "model.xml"), "openvino", False, _signature(network))


def _read_openvino(folder: Path) -> Run:
    compiled = import_openvino().compile_model(
        folder / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    return lambda clips: compiled(clips)[0]


def _write_onnx(network: keras.Model, path: Path) -> None:
    with _quiet():
        network.export(str(path), "onnx", False, _signature(network))


def _read_onnx(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (clips_input,) = session.get_inputs()
    return lambda clips: session.run(None, {clips_input.name: clips})[0]


def _write_saved_model(network: keras.Model, folder: Path) -> None:
    with _quiet():
        network.export(str(folder), "tf_saved_model", False, _signature(network))


def _read_saved_model(folder: Path) -> Run:
    layer = keras.layers.TFSMLayer(str(folder), call_endpoint="serve")
    return lambda clips: keras.ops.convert_to_numpy(layer(clips))


def _signature(network: keras.Model) -> list[keras.InputSpec]:
    shape = (None, *network.example_shape)
    return [keras.InputSpec(shape=shape, dtype="float32", name="clips")]


def _sample(model: TrainedModel) -> np.ndarray:
    """Two clips of noise, which leaves no part of a network unused."""
    shape = (2, *model.network.input_shape[1:])
    return np.random.default_rng(0).random(shape, np.float32)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Holds back what the converters tell programmers."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"), quiet_stderr():
            yield
    finally:
        logging.disable(before)


EXPORTS = {
    "onnx": Export(".onnx", ("onnx", "onnxruntime", "tf2onnx"), "onnx", _write_onnx, _read_onnx),
    "openvino": Export("_openvino", ("openvino",), "openvino", write_openvino, _read_openvino),
    "saved_model": Export("_saved_model", (), "", _write_saved_model, _read_saved_model),
}
