"""The OpenVINO runtime, which is the fastest on processors of any maker.

Neither Keras nor TensorFlow is needed for a plain sequence of known layers, nor for a network that
has been converted before.
"""

from typing import Any

import numpy as np

from abnormal.errors import AbnormalError
from abnormal.inference.converted import converted
from abnormal.inference.runtimes import Compute
from abnormal.models.lazy_network import LazyNetwork
from abnormal.models.packages import import_openvino, require_packages
from abnormal.tasks.cores import available_cores

MOST_STREAMS = 4
"""Largest number of parts that a batch is split into. Batches have about four clips. If there are
more cores, several cores share a clip."""


def openvino_runtime(network: LazyNetwork, precision: str = "f32") -> Compute:
    """Opens a network on OpenVINO, on the processor.

    Args:
        network: A stock network, or a part of one from `abnormal.models.network_parts`.
        precision: OpenVINO's name of the precision to compute in: `"f32"` or `"bf16"`.

    Raises:
        AbnormalError: OpenVINO is not installed, the processor lacks the precision, or the network
            cannot be converted.
    """
    require_packages(("openvino",), "openvino", "--runtime openvino")
    core = _core(precision)
    stored = converted(network)
    model = core.read_model(stored.xml.tobytes(), import_openvino().Tensor(stored.weights))
    return _ParallelModel(core, model, precision)


class _ParallelModel:
    """A converted network that computes each part of a batch on cores of its own.

    Args:
        core: OpenVINO's `Core`.
        model: The network as OpenVINO's `Model`, for batches of any size.
        precision: OpenVINO's name of the precision to compute in.
    """

    def __init__(self, core: Any, model: Any, precision: str) -> None:
        self._core = core
        self._model = model
        self._precision = precision
        self._largest = 0  # size of the largest part of a batch so far
        self._requests: dict[tuple[int, int], list[Any]] = {}  # by size and number of the parts

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Computes the outputs of a batch.

        Args:
            inputs: `(n, ...)` float32 of any range.

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
            _, *example_shape = fixed.inputs[0].get_partial_shape()
            fixed.reshape([size, *example_shape])
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
