"""Networks of one's own: from Python, or from a function in a file."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.models.own_import import import_file
from abnormal.reading import first_line

Build = Callable[[int, int], keras.Model]
"""Builds a network for clips of a length in frames, and frames of a size in pixels."""

_CHANGING = ("compile_config", "build_config", "shared_object_id")
"""Keys of a description of a network that say nothing about what it computes, or change by
themselves."""

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
        outputs = network(np.zeros(shape, np.float32))
    except Exception as error:
        raise AbnormalError(
            f"The network {network.name} cannot take clips {shape}: {first_line(error)}"
        ) from error
    found = [tuple(getattr(output, "shape", ())) for output in keras.tree.flatten(outputs)]
    if found != [shape] or keras.tree.is_nested(outputs):
        what = ", ".join(map(str, found))
        what = f"{len(found)} outputs, {what}" if keras.tree.is_nested(outputs) else what
        raise AbnormalError(
            f"The network {network.name} turns clips {shape} into {what}. Expected: a "
            "reconstruction of the same shape."
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


def connections_of(network: keras.Model) -> str:
    """Returns a hash of how the layers of a network are connected, and of all their settings.

    As `fingerprint_of`, it does not change when the same code builds the network again. The code of
    classes and functions of one's own is no part of it.
    """
    try:
        config = keras.saving.serialize_keras_object(network)
    except (NotImplementedError, TypeError):
        return ""
    numbers = {name: f"#{number}" for number, name in enumerate(dict.fromkeys(_names_in(config)))}
    text = json.dumps(_with_numbers(config, numbers), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _names_in(config: Any) -> Iterator[str]:
    """Yields the names of layers, in an order that does not depend on them."""
    if isinstance(config, dict):
        if isinstance(config.get("name"), str):
            yield config["name"]
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            yield from _names_in(value)


def _with_numbers(config: Any, numbers: Mapping[str, str]) -> Any:
    if isinstance(config, dict):
        if config.get("class_name") == "__lambda__":
            return "__lambda__"  # its compiled code has the number of its line
        kept = {key: value for key, value in config.items() if key not in _CHANGING}
        return {key: _with_numbers(value, numbers) for key, value in kept.items()}
    if isinstance(config, list | tuple):
        return [_with_numbers(value, numbers) for value in config]
    return numbers.get(config, config) if isinstance(config, str) else config


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
