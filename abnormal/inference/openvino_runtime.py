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
    def compiled(clips: int) -> Any:
        """For batches of one size: a third faster than for batches of any size."""
        fixed = model.clone()
        fixed.reshape([clips, *network.input_shape[1:]])
        return core.compile_model(fixed, "CPU", {"INFERENCE_PRECISION_HINT": precision})

    return lambda clips: compiled(len(clips))(clips)[0]


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
