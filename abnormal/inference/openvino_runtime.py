"""OpenVINO computes the network: on processors of any maker, about as fast as they can.

A network is converted once and kept in the user's cache folder, under a hash of all that the
conversion depends on.
"""

import functools
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

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

MOST_STREAMS = 4
"""Batches have about four clips; where there are more cores, each clip has several."""

KEEP = 16
"""Converted networks that are kept, the latest ones; each has the size of its model file."""


def openvino_runtime(network: keras.Model, precision: str = "f32") -> Compute:
    """OpenVINO on the processor.

    Args:
        network: A stock network, or a part of one from `abnormal.models.network_parts`.
        precision: OpenVINO's name of what it computes in: `"f32"` or `"bf16"`.

    Raises:
        AbnormalError: OpenVINO is not installed, the processor lacks the precision, or the cache
            folder cannot be written to.
    """
    require_packages("openvino", "--runtime openvino")
    core = _core(precision)
    fast = fast_form(network)
    model = core.read_model(_converted(fast, import_openvino().__version__) / "model.xml")

    @functools.cache
    def requests_of(count: int, streams: int) -> list[Any]:
        """For batches of one size: a third faster than for batches of any size."""
        fixed = model.clone()
        fixed.reshape([count, *fast.example_shape])
        how = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": str(streams)}
        compiled = core.compile_model(fixed, "CPU", how)
        return [compiled.create_infer_request() for _ in range(streams)]

    largest = 0

    def size_for(count: int) -> int:
        """The size of the batch that so many inputs fill up: a full one, or a power of two."""
        nonlocal largest
        largest = max(largest, count)
        return min(largest, 1 << (count - 1).bit_length())

    def compute(inputs: np.ndarray) -> np.ndarray:
        # Each core has inputs of its own: it waits for nobody, and a core that other work keeps
        # busy holds up its own inputs only. Without callbacks: an `AsyncInferQueue` that goes while
        # one of its threads waits for Python's lock never comes back (2026.4).
        streams = min(len(inputs), _cores(), MOST_STREAMS)
        parts = np.array_split(inputs, streams)
        count = size_for(len(parts[0]))
        requests = requests_of(count, streams)
        for request, part in zip(requests, parts, strict=True):
            fill = np.zeros((count - len(part), *part.shape[1:]), part.dtype)
            request.start_async({0: np.concatenate((part, fill)) if len(fill) else part})
        for request in requests:
            request.wait()
        found = [request.get_output_tensor(0).data for request in requests]
        return np.concatenate([out[: len(part)] for out, part in zip(found, parts, strict=True)])

    return compute


def _core(precision: str) -> Any:
    core = import_openvino().Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise AbnormalError("This processor does not compute in bfloat16. Use --runtime openvino.")
    return core


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cache_folder() -> Path:
    """Where things lie that can be made again: `$ABNORMAL_CACHE`, else `~/.cache/abnormal`."""
    return Path(os.environ.get("ABNORMAL_CACHE") or Path.home() / ".cache" / "abnormal")


def _converted(network: keras.Model, version: str) -> Path:
    """The folder with the converted network, made first where it is missing."""
    folder = make_folder(cache_folder() / "openvino")
    path = folder / _fingerprint(network, version)
    if not path.is_dir():
        try:
            _convert(network, path)
        except OSError as error:
            raise AbnormalError(f"{path} cannot be written: {error.strerror or error}.") from error
    os.utime(path)
    for old in sorted(folder.iterdir(), key=_age)[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def _convert(network: keras.Model, path: Path) -> None:
    """Converts a network into a folder, unless another process is faster."""
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix="partial-", ignore_cleanup_errors=True
    ) as folder:
        partial = Path(folder) / "network"
        partial.mkdir()
        write_openvino(build_for_export(network), partial)
        for file in (*partial.iterdir(), partial):
            flush(file)
        try:
            partial.rename(path)
        except OSError:
            if not path.is_dir():
                raise


def _age(path: Path) -> float:
    """When it was used last; another process may have taken it away meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _fingerprint(network: keras.Model, version: str) -> str:
    stock = network.stock
    known = f"{versions()} {version} {network.name} {stock.to_json()}"
    digest = hashlib.sha256(known.encode())
    for weight in stock.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()[:32]
