"""Tells a loss of one's own from another one of the same name."""

import contextlib
import dis
import functools
import hashlib
import json
import sys
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import keras
import numpy as np

from abnormal.models.own_import import is_installed
from abnormal.models.own_network import connections_of
from abnormal.training.losses import Loss

PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))
"""Types of values that are told apart by how Python writes them."""


def fingerprint_of_loss(loss: Loss) -> str:
    """Returns the version of Python, and a hash of the code of a loss and of all values in it.

    It does not change when the same program runs again. The code is taken as Python has compiled
    it, which each version does in its own way; comments do not count.
    """
    version = ".".join(map(str, sys.version_info[:2]))
    text = json.dumps(_facts(loss, frozenset()), sort_keys=True)
    return f"{version} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def may_be_the_same(one: str, other: str) -> bool:
    """Whether two fingerprints of losses are equal, or are of two versions of Python."""
    return one == other or one.split()[0] != other.split()[0]


def _facts(value: Any, around: frozenset[int]) -> Any:
    """Returns what a value is, as JSON stores it; `around` are the objects that it is in."""
    if isinstance(value, PLAIN):
        return repr(value)
    if id(value) in around:
        return "..."
    around |= {id(value)}
    if isinstance(value, dict):
        return {str(key): _facts(each, around) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_facts(each, around) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(_facts(each, around)) for each in value)
    if isinstance(value, np.ndarray | keras.Variable) or keras.ops.is_tensor(value):
        array = np.asarray(keras.ops.convert_to_numpy(value))
        return [str(array.dtype), array.shape, hashlib.sha256(array.tobytes()).hexdigest()]
    if isinstance(value, CodeType):
        return _facts([value.co_code, value.co_names, value.co_consts], around)
    if isinstance(value, functools.partial):
        return _facts([value.func, value.args, value.keywords], around)
    if isinstance(value, keras.Model):
        return connections_of(value)
    return _facts_of_object(value, around)


def _facts_of_object(value: Any, around: frozenset[int]) -> Any:
    name = str(getattr(value, "__qualname__", type(value).__qualname__))
    values = dict(getattr(value, "__dict__", {}))
    if isinstance(value, keras.losses.Loss):
        values.pop("name", None)  # which Keras numbers
    elif isinstance(value, ModuleType) or _is_of_others(value):
        return name
    if isinstance(value, MethodType):
        return _facts([value.__func__, value.__self__], around)
    if isinstance(value, FunctionType):
        return [name, _facts([value.__code__, value.__defaults__, _used_by(value)], around)]
    if isinstance(value, type):
        own = [vars(each) for each in value.__mro__ if not _is_of_others(each)]
        methods = [each for of in own for each in of.values() if isinstance(each, FunctionType)]
        return [name, _facts(methods, around)]
    return [name, _facts([type(value), values], around)]


def _used_by(function: FunctionType) -> dict[str, Any]:
    """Returns the values that a function takes from around it, by name."""
    known, used = function.__globals__, {}
    for name in sorted(_global_names(function.__code__) & known.keys()):
        used[name] = known[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # it has no value yet
            used[name] = cell.cell_contents
    return used


def _global_names(code: CodeType) -> set[str]:
    names = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return names.union(*map(_global_names, inner))


def _is_of_others(value: Any) -> bool:
    """Whether something is of Python itself or of an installed package, and does not change."""
    module = getattr(value, "__module__", None) or type(value).__module__
    file = getattr(sys.modules.get(module), "__file__", None)
    top = module.split(".")[0]
    return top in sys.stdlib_module_names or bool(file and is_installed(Path(file)))
