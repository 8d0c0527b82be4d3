"""Turns the result of a video into arrays that a file can hold, and back, without loss.

Unlike pickle, it makes objects of a few known classes only, and runs no code from the file.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from abnormal.detection.video_result import ModelOutput, VideoResult
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.evaluation.true_regions import TrueRegions
from abnormal.frames.gaps import Gap
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.tracking import UnusualThing
from abnormal.scoring.localisation import Localiser

# A result consists of these dataclasses and named tuples, of containers, texts, numbers and arrays.
# Another class in it is a `TypeError` until it is added here.
_CLASSES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(VideoResult, ModelOutput, ScoredVideo, VideoPixels, Localiser),
        *(UnusualThing, Gap, TrueRegions),
    )
}

_TREE = "tree"
"""Name of the array that holds everything but the arrays, as a JSON text."""


def pack(value: Any) -> dict[str, np.ndarray]:
    """Returns all arrays in a value by name, and one more for everything else.

    Raises:
        TypeError: There is an object of an unknown class in it.
    """
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_pack(value, arrays))
    return {_TREE: np.frombuffer(tree.encode(), np.uint8), **arrays}


def unpack(arrays: Mapping[str, np.ndarray]) -> Any:
    """Returns the value that `pack` turned into arrays.

    Raises:
        LookupError: Something is missing.
        TypeError: Something is of another type.
        ValueError: It is no such value.
    """
    return _unpack(json.loads(arrays[_TREE].tobytes()), arrays)


def _pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Returns a value as JSON: a list of its kind and its content if it is a container."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        name = f"array{len(arrays)}"
        arrays[name] = value
        return ["array", name]
    kind = type(value).__name__
    if kind in _CLASSES:
        fields = getattr(value, "_asdict", lambda: vars(value))()
        return [kind, _pack(fields, arrays)]
    if isinstance(value, Mapping):
        return ["dict", {key: _pack(item, arrays) for key, item in value.items()}]
    if isinstance(value, list | tuple):
        return [kind, [_pack(item, arrays) for item in value]]
    raise TypeError(f"a {kind} cannot be kept")


def _unpack(packed: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(packed, list):
        return packed
    kind, content = packed
    if kind == "array":
        return arrays[content]
    if kind in ("list", "tuple"):
        items = [_unpack(item, arrays) for item in content]
        return items if kind == "list" else tuple(items)
    if kind == "dict":
        return {key: _unpack(item, arrays) for key, item in content.items()}
    fields, made = _unpack(content, arrays), _CLASSES[kind]
    # A default in place of a field that is missing would be a result that nobody has computed.
    if set(fields) != set(made.__match_args__):
        raise ValueError(f"a {kind} has other fields")
    return made(**fields)
