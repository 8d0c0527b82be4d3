"""Networks of one's own: from Python, or from a function in a file."""

import hashlib
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.models.model_check import NETWORK_CLASSES
from abnormal.models.model_path import KERAS_SUFFIX
from abnormal.reading import first_line

Build = Callable[[int, int], keras.Model]
"""Builds a network for clips of a length in frames, and frames of a size in pixels."""

UNSTORED = {"name", "trainable", "batch_shape", "build_config"}
"""What the description of a layer does not depend on: Keras numbers names as layers are made."""


def load_builder(arch: str) -> Build:
    """Runs a Python file, and returns the function in it that builds a network.

    Args:
        arch: The file and the function, as `FILE.py:FUNCTION`.

    Raises:
        AbnormalError: There is no such file or function, or the file cannot be run.
    """
    file, _, name = arch.rpartition(":")
    build = getattr(import_file(Path(file)), name, None)
    if not callable(build):
        raise AbnormalError(
            f"{file} has no function {name!r}. Expected: a function of the clip length and the "
            "size of a frame that returns a keras.Model."
        )
    return build


def build_network(build: Build, clip_length: int, size: int) -> keras.Model:
    """Builds a network for clips of a length in frames, and frames of a size in pixels.

    Raises:
        AbnormalError: The function raises an error.
    """
    try:
        return build(clip_length, size)
    except AbnormalError:
        raise
    except (Exception, SystemExit) as error:
        name = getattr(build, "__name__", "The function")
        raise AbnormalError(
            f"{name}({clip_length}, {size}) cannot build a network: {type(error).__name__}: "
            f"{first_line(error)}."
        ) from error


def import_file(path: Path) -> ModuleType:
    """Imports a file as a module of its name, so that its classes are found under that name again.

    Raises:
        AbnormalError: There is no such file, another module has its name, or it cannot be run.
    """
    path, name = path.absolute(), path.stem
    if not path.is_file():
        raise AbnormalError(f"There is no file {path}. Expected: a Python file with the network.")
    known = sys.modules.get(name)
    if known is not None and _file_of(known) == path:
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    taken = known is not None or _is_elsewhere(name, path)
    if taken or spec is None or spec.loader is None:
        raise AbnormalError(f"{path} has the name of another module, {name}. Rename it.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a script may end itself when it is run
        sys.modules.pop(name, None)
        raise AbnormalError(
            f"{path} cannot be run: {type(error).__name__}: {first_line(error)}."
        ) from error
    return module


def clip_shape(network: keras.Model) -> tuple[int | None, int | None]:
    """Returns the clip length and the size of a frame that a network is made for.

    Each is None if the network takes any, or tells only when it is called.

    Raises:
        AbnormalError: It takes something else than clips of square grey frames.
    """
    try:
        shape = network.input_shape
    except (AttributeError, ValueError):  # a class of one's own
        return None, None
    if not isinstance(shape, tuple) or len(shape) != 5 or shape[4] != 1 or shape[2] != shape[3]:
        raise AbnormalError(
            f"The network {network.name} takes {shape}. Expected: clips (None, frames, size, size, "
            "1), or a network that takes any."
        )
    return shape[1], shape[2]


def require_clips(network: keras.Model, clip_length: int, size: int) -> None:
    """Makes sure that a network takes and returns clips, by trying one.

    Raises:
        AbnormalError: It does not.
    """
    shape = (1, clip_length, size, size, 1)
    try:
        found = tuple(network(np.zeros(shape, np.float32)).shape)
    except Exception as error:
        raise AbnormalError(
            f"The network {network.name} cannot take clips {shape}: {first_line(error)}"
        ) from error
    if found != shape:
        raise AbnormalError(
            f"The network {network.name} turns clips {shape} into {found}. Expected: a "
            "reconstruction of the same shape."
        )


def require_storable(network: keras.Model, path: Path) -> None:
    """Makes sure, before training begins, that a network can be stored in a model file.

    Raises:
        AbnormalError: It cannot be stored at all, or not in this format.
    """
    needs_of(network)
    if type(network).__name__ not in NETWORK_CLASSES and path.suffix != KERAS_SUFFIX:
        raise AbnormalError(
            f"A network that is a class of its own, as {type(network).__name__} is, cannot be "
            f"stored in {path}. Name the model file {path.with_suffix(KERAS_SUFFIX)}."
        )


def fingerprint_of(network: keras.Model) -> str:
    """Returns a hash of the kinds of layers of a network and of the shapes of its weights.

    It does not change when the same code builds the network again, whatever numbers Keras gives to
    the names of its layers.
    """
    facts = [_facts(layer) for layer in network._flatten_layers()]
    shapes = [tuple(weight.shape) for weight in network.weights]
    text = json.dumps([facts, shapes], sort_keys=True, default=lambda value: type(value).__name__)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _facts(layer: keras.Layer) -> list[Any]:
    try:
        config = {} if isinstance(layer, keras.Model) else layer.get_config()
    except NotImplementedError:
        config = {}
    return [type(layer).__name__, _without_names(config)]


def _without_names(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _without_names(each) for key, each in config.items() if key not in UNSTORED}
    return [_without_names(each) for each in config] if isinstance(config, list | tuple) else config


def needs_of(network: keras.Model) -> dict[str, str]:
    """Returns the code that a network needs to be loaded.

    Returns:
        For each class or function, as `MODULE:NAME`, the file that it is in; empty if unknown.
        There are none if all layers are of Keras.

    Raises:
        AbnormalError: The network cannot be stored, because a class of it lacks `get_config`.
    """
    try:
        config = dict(keras.saving.serialize_keras_object(network))
    except (NotImplementedError, TypeError) as error:
        raise AbnormalError(
            f"The network {network.name} cannot be stored: {first_line(error)}. Give each class of "
            "it a method get_config."
        ) from error
    config.pop("compile_config", None)  # optimizer and loss are not stored
    return dict(_needs_in(config))


def _needs_in(config: Any) -> Iterator[tuple[str, str]]:
    if isinstance(config, dict):
        module, name = config.get("module"), config.get("class_name")
        if name and module and str(module).split(".")[0] not in ("keras", "builtins"):
            name = config["config"] if name == "function" else name
            yield f"{module}:{name}", str(_file_of(sys.modules.get(module)) or "")
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            yield from _needs_in(value)


def needed_objects(needs: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Imports the code that a network needs. Call it only for files that are trusted.

    Args:
        needs: See `needs_of`.
        folder: Folder of the model file, in which the code is looked for, too.

    Returns:
        The classes and functions by name.

    Raises:
        AbnormalError: One of them cannot be found.
    """
    found = {}
    for need, file in needs.items():
        module, _, name = need.partition(":")
        place = _module_of(module, [Path(file), folder / Path(file).name] if file else [])
        if not hasattr(place, name):
            raise AbnormalError(
                f"The network needs {name} of {file or module}, which is not there. Put the file "
                f"beside the model, or import {module} first."
            )
        found[name] = getattr(place, name)
    return found


def _module_of(name: str, files: list[Path]) -> ModuleType | None:
    if name in sys.modules:
        return sys.modules[name]
    for file in files:
        if file.is_file() and file.stem == name:
            return import_file(file)
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _file_of(module: ModuleType | None) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file).absolute() if file else None


def _is_elsewhere(name: str, path: Path) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and (spec.origin is None or Path(spec.origin).absolute() != path)
