"""The code of a network of one's own: what it needs to be opened, and where that is found again."""

import contextlib
import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import keras

from abnormal.errors import AbnormalError
from abnormal.models.own_import import file_of, import_needed, is_installed
from abnormal.reading import first_line

MAIN = "__main__"
"""Name of the module of what is defined in a notebook, or in the program that was started."""


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
    return dict(_needs_in(config, _functions_of(network)))


def _functions_of(network: keras.Model) -> dict[str, FunctionType]:
    """Returns the functions that layers have as activations and the like, by the names in a file.

    Keras stores the name of such a function, but not its module.
    """
    values = [value for layer in network._flatten_layers() for value in vars(layer).values()]
    functions = [value for value in values if isinstance(value, FunctionType)]
    return {keras.saving.get_registered_name(each): each for each in functions}


def _needs_in(config: Any, functions: Mapping[str, FunctionType]) -> Iterator[tuple[str, str]]:
    if isinstance(config, dict):
        module, name = config.get("module"), config.get("class_name")
        if name == "function" and (function := functions.get(str(config["config"]))):
            module, name = function.__module__, function.__name__
        elif name and "module" in config and config.get("registered_name"):
            module = module or MAIN  # as Keras stores that
        if name and module and str(module).split(".")[0] not in ("keras", "builtins"):
            yield f"{module}:{name}", str(file_of(sys.modules.get(module)) or "")
        config = list(config.values())
    if isinstance(config, list | tuple):
        for value in config:
            yield from _needs_in(value, functions)


def needed_objects(needs: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Imports the code that a network needs. Call it only for files that are trusted.

    Args:
        needs: See `needs_of`.
        folder: Folder of the model file, in which the code is looked for, too.

    Returns:
        The classes and functions, by their names and by those under which Keras stores them.

    Raises:
        AbnormalError: One of them cannot be found, or two have the same name.
    """
    found: dict[str, Any] = {}
    for need, file in needs.items():
        module, _, name = need.partition(":")
        for place in _modules_of(module, file, folder):
            if hasattr(place, name):
                break
        else:
            raise AbnormalError(_missing(module, name, file))
        each = getattr(place, name)
        for key in {name, keras.saving.get_registered_name(each)}:
            if found.setdefault(key, each) is not each:
                raise AbnormalError(f"The network needs two different {key}. Rename one of them.")
    return found


def _missing(module: str, name: str, file: str) -> str:
    if module == MAIN:
        return (
            f"The network needs {name}, which was defined in a notebook or a program. Define it "
            "there before the model is opened, or put it in a file of its own and train again."
        )
    return (
        f"The network needs {name} of {file or module}, which is not there, or not at the top "
        f"level of the file. Put the file beside the model, or import {module} first."
    )


def _modules_of(name: str, file: str, folder: Path) -> Iterator[ModuleType]:
    """Yields the modules that may be the one that is needed: what is installed is known by name."""
    if name == MAIN:
        yield sys.modules[MAIN]
        return
    if file and not is_installed(Path(file)):
        inside = folder.joinpath(*name.split("."))
        beside = (inside.with_suffix(".py"), inside / "__init__.py", folder / Path(file).name)
        for each in dict.fromkeys((Path(file), *beside)):
            if each.is_file():
                yield import_needed(each.absolute())
    with contextlib.suppress(ImportError):
        yield importlib.import_module(name)
