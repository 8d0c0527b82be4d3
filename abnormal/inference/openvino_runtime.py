"""OpenVINO computes the network: on processors of any maker, about as fast as they can.

A network is converted once and kept in the user's cache folder, under a hash of all that the
conversion depends on.
"""

import functools
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import flush, make_folder, remove_partial, replacing_folder
from abnormal.inference.runtimes import Reconstruct
from abnormal.models.backend import versions
from abnormal.models.export import buildable, demand_packages, import_openvino, write_openvino

KEEP = 8
"""Converted networks that are kept, the latest ones; each has the size of its model file."""


def openvino_runtime(network: keras.Sequential, precision: str = "f32") -> Reconstruct:
    """OpenVINO on the processor.

    Args:
        network: The stock network.
        precision: OpenVINO's name of what it computes in: `"f32"` or `"bf16"`.

    Raises:
        AbnormalError: OpenVINO is not installed, the processor lacks the precision, or the cache
            folder cannot be written to.
    """
    demand_packages("openvino", "--runtime openvino")
    openvino = import_openvino()
    core = openvino.Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise AbnormalError("This processor does not compute in bfloat16. Use --runtime openvino.")
    model = core.read_model(_converted(network, openvino.__version__) / "model.xml")

    @functools.cache
    def queue_of(clips: int, streams: int) -> Any:
        """For batches of one size: a third faster than for batches of any size."""
        fixed = model.clone()
        fixed.reshape([clips, *network.input_shape[1:]])
        how = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": str(streams)}
        return openvino.AsyncInferQueue(core.compile_model(fixed, "CPU", how), streams)

    def reconstruct(clips: np.ndarray) -> np.ndarray:
        # Each core computes clips of its own: they wait for nobody, and a core that other work
        # keeps busy holds up its own clips only.
        streams = min(len(clips), os.cpu_count() or 1)
        part = -(-len(clips) // streams)
        queue, outputs = queue_of(part, streams), np.empty_like(clips)
        queue.set_callback(
            lambda request, first: _keep(outputs, first, request.get_output_tensor(0).data)
        )
        for first in range(0, len(clips), part):
            some = clips[first : first + part]
            if len(some) < part:
                some = np.concatenate((some, np.zeros_like(clips[: part - len(some)])))
            queue.start_async({0: some}, first)
        queue.wait_all()
        return outputs

    return reconstruct


def _keep(outputs: np.ndarray, first: int, part: np.ndarray) -> None:
    """Puts a part where it belongs; its end may be filling."""
    outputs[first : first + len(part)] = part[: len(outputs) - first]


def cache_folder() -> Path:
    """Where things lie that can be made again: `$ABNORMAL_CACHE`, else `~/.cache/abnormal`."""
    return Path(os.environ.get("ABNORMAL_CACHE") or Path.home() / ".cache" / "abnormal")


def _converted(network: keras.Sequential, version: str) -> Path:
    """The folder with the converted network, made first where it is missing."""
    folder = make_folder(cache_folder() / "openvino")
    path = folder / _fingerprint(network, version)
    if not path.is_dir():
        remove_partial(folder)
        try:
            with replacing_folder(path) as partial:
                write_openvino(buildable(network), partial)
                for file in (*partial.iterdir(), partial):
                    flush(file)
        except OSError as error:
            raise AbnormalError(f"{path} cannot be written: {error.strerror or error}.") from error
    os.utime(path)
    for old in sorted(folder.iterdir(), key=lambda other: other.stat().st_mtime)[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def _fingerprint(network: keras.Sequential, version: str) -> str:
    digest = hashlib.sha256(f"{versions()} {version} {network.to_json()}".encode())
    for weight in network.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()[:32]
