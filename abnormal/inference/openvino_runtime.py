"""The OpenVINO runtime, which is the fastest on processors of any maker.

A network is converted once and kept in the user's cache folder, under a hash of everything that the
conversion depends on.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from abnormal.cache_folder import cache_folder
from abnormal.errors import AbnormalError
from abnormal.files import flush, make_folder
from abnormal.inference.runtimes import Compute
from abnormal.models.backend import versions
from abnormal.models.export import (
    build_for_export,
    import_openvino,
    require_packages,
    write_openvino,
)
from abnormal.models.fast import fast_form
from abnormal.tasks.cores import available_cores

MOST_STREAMS = 4
"""Largest number of parts that a batch is split into. Batches have about four clips. If there are
more cores, several cores share a clip."""

KEEP = 16
"""Number of converted networks that the cache keeps, those used last. Each has about the size of
its model file."""


def openvino_runtime(network: keras.Model, precision: str = "f32") -> Compute:
    """Opens a network on OpenVINO, on the processor.

    Args:
        network: A stock network, or a part of one from `abnormal.models.network_parts`.
        precision: OpenVINO's name of the precision to compute in: `"f32"` or `"bf16"`.

    Raises:
        AbnormalError: OpenVINO is not installed, the processor lacks the precision, or the cache
            folder cannot be written to.
    """
    require_packages("openvino", "--runtime openvino")
    core = _core(precision)
    fast = build_for_export(fast_form(network))
    model = core.read_model(_converted(fast, import_openvino().__version__) / "model.xml")
    return _ParallelModel(core, model, fast.example_shape, precision)


class _ParallelModel:
    """A converted network that computes each part of a batch on cores of its own.

    Args:
        core: OpenVINO's `Core`.
        model: The network as OpenVINO's `Model`, for batches of any size.
        example_shape: Shape of one input, without the batch.
        precision: OpenVINO's name of the precision to compute in.
    """

    def __init__(
        self, core: Any, model: Any, example_shape: tuple[int, ...], precision: str
    ) -> None:
        self._core = core
        self._model = model
        self._example_shape = example_shape
        self._precision = precision
        self._largest = 0  # size of the largest part of a batch so far
        self._requests: dict[tuple[int, int], list[Any]] = {}  # by size and number of the parts

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Computes the outputs of a batch.

        Args:
            inputs: `(n, *example_shape)` float32 of any range.

        Returns:
            `(n, ...)` float32, in the range of the network's outputs.
        """
        # Cores that have their own inputs do not wait for each other, and a core that other work
        # keeps busy delays only its own inputs. There are no callbacks, because an
        # `AsyncInferQueue` that is deleted while one of its threads waits for Python's lock never
        # returns (2026.4).
        streams = min(len(inputs), available_cores(), MOST_STREAMS)
        parts = np.array_split(inputs, streams)
        size = self._padded_size(len(parts[0]))
        requests = self._requests_for(size, streams)
        for request, part in zip(requests, parts, strict=True):
            fill = np.zeros((size - len(part), *part.shape[1:]), part.dtype)
            request.start_async({0: np.concatenate((part, fill)) if len(fill) else part})
        for request in requests:
            request.wait()
        found = [request.get_output_tensor(0).data for request in requests]
        return np.concatenate([out[: len(part)] for out, part in zip(found, parts, strict=True)])

    def _padded_size(self, count: int) -> int:
        """Returns the size to which a part is filled up: that of the largest, or a power of two."""
        self._largest = max(self._largest, count)
        return min(self._largest, 1 << (count - 1).bit_length())

    def _requests_for(self, size: int, streams: int) -> list[Any]:
        """Returns one request per stream, compiled for parts of this size alone.

        That is a third faster than a network compiled for batches of any size.
        """
        if (size, streams) not in self._requests:
            fixed = self._model.clone()
            fixed.reshape([size, *self._example_shape])
            options = {"INFERENCE_PRECISION_HINT": self._precision, "NUM_STREAMS": str(streams)}
            compiled = self._core.compile_model(fixed, "CPU", options)
            requests = [compiled.create_infer_request() for _ in range(streams)]
            self._requests[size, streams] = requests
        return self._requests[size, streams]


def _core(precision: str) -> Any:
    core = import_openvino().Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise AbnormalError("This processor does not compute in bfloat16. Use --runtime openvino.")
    return core


def _converted(network: keras.Model, version: str) -> Path:
    """Returns the folder with the converted network, and converts it first if it is missing."""
    folder = make_folder(cache_folder() / "openvino")
    path = folder / _fingerprint(network, version)
    if not path.is_dir():
        try:
            _convert(network, path)
        except OSError as error:
            raise AbnormalError(f"{path} cannot be written: {error.strerror or error}.") from error
    os.utime(path)
    for old in sorted(folder.iterdir(), key=_last_used)[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def _convert(network: keras.Model, path: Path) -> None:
    """Converts a network into a folder, unless another process has just done so."""
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix="partial-", ignore_cleanup_errors=True
    ) as folder:
        partial = Path(folder) / "network"
        partial.mkdir()
        write_openvino(network, partial)
        for file in (*partial.iterdir(), partial):
            flush(file)
        try:
            partial.rename(path)
        except OSError:
            if not path.is_dir():
                raise


def _last_used(path: Path) -> float:
    """Returns when a folder was last used, in seconds since 1970.

    It is 0 if another process has deleted the folder meanwhile.
    """
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _fingerprint(network: keras.Model, version: str) -> str:
    """Returns a hash of everything that the conversion of a network depends on."""
    stock = network.stock
    known = f"{versions()} {version} {network.name} {stock.to_json()}"
    digest = hashlib.sha256(known.encode())
    for weight in stock.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()[:32]
