"""The code of a network of one's own: what it needs to be opened, and where that is found again."""

import contextlib
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import keras

from abnormal.errors import AbnormalError
from abnormal.reading import first_line

MAIN = "__main__"
"""Name of the module of what is defined in a notebook, or in the program that was started."""

_SOURCE = "__abnormal_source__"
"""Attribute of a module that this program has run: the hash of its code."""


class _Place(NamedTuple):
    """What Python calls a file, and the folder in which it looks for that.

    Attributes:
        packages: Names of the packages that the file is in, from the outermost one.
        name: Name of the module, with those of its packages.
        root: The folder.
    """

    packages: list[str]
    name: str
    root: Path


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
            yield f"{module}:{name}", str(_file_of(sys.modules.get(module)) or "")
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
                yield _import_needed(each.absolute())
    with contextlib.suppress(ImportError):
        yield importlib.import_module(name)


def import_file(path: Path) -> ModuleType:
    """Imports a file under the name by which its classes are found again.

    It may import what is beside it. A file that has changed since is run again.

    Raises:
        AbnormalError: There is no such file, another module has its name, or it cannot be run.
    """
    path = path.absolute()
    if not path.is_file():
        raise AbnormalError(f"There is no file {path}. Expected: a Python file with the network.")
    place = _place_of(path)
    if _is_taken(place, path):
        raise AbnormalError(f"{path} has the name of another module, {place.name}. Rename it.")
    return _run(path, place)


def _import_needed(path: Path) -> ModuleType:
    """Imports a file whose name may be that of another one, of which another network was made."""
    place = _place_of(path)
    if _is_taken(place, path) and not place.packages:
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
        return _run(path, place._replace(name=f"{place.name}_{digest}"))
    return import_file(path)


def _place_of(path: Path) -> _Place:
    packages, root = list[str](), path.parent
    while (root / "__init__.py").is_file():
        packages.insert(0, root.name)
        root = root.parent
    own = [] if path.stem == "__init__" else [path.stem]
    return _Place(packages, ".".join([*packages, *own]), root)


def _run(path: Path, place: _Place) -> ModuleType:
    code = path.read_bytes()
    digest = hashlib.sha256(code).hexdigest()
    known = sys.modules.get(place.name)
    if known is not None and getattr(known, _SOURCE, digest) == digest:
        return known
    spec = importlib.util.spec_from_file_location(place.name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    setattr(module, _SOURCE, digest)
    try:
        with _importing_from(place.root):
            if parent := place.name.rpartition(".")[0] if place.packages else "":
                importlib.import_module(parent)
            sys.modules[place.name] = module
            exec(compile(code, str(path), "exec"), vars(module))  # not what Python has kept of it
        _require_own_neighbours(module, place.root)
    except (Exception, SystemExit) as error:  # a script may end itself when it is run
        sys.modules.pop(place.name, None)
        if isinstance(error, AbnormalError):
            raise
        raise AbnormalError(
            f"{path} cannot be run: {type(error).__name__}: {first_line(error)}."
        ) from error
    return module


@contextlib.contextmanager
def _importing_from(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()  # a file may be new
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))


def _require_own_neighbours(module: ModuleType, root: Path) -> None:
    """Makes sure that what a file has imported from beside it comes from there.

    Raises:
        AbnormalError: A file of the same name that is elsewhere was imported before.
    """
    for value in vars(module).values():
        is_module = isinstance(value, ModuleType)
        name = str(value.__name__ if is_module else getattr(value, "__module__", "")).split(".")[0]
        file = _file_of(sys.modules.get(name))
        is_beside = (root / f"{name}.py").is_file() or (root / name).is_dir()
        if not name or not is_beside or file is None or is_installed(file):
            continue
        if name not in sys.stdlib_module_names and not file.is_relative_to(root):
            raise AbnormalError(
                f"{module.__file__} imports {name} from beside it, but {file} has the same name "
                "and was imported before. Rename one of them, or use a program for each."
            )


def _is_taken(place: _Place, path: Path) -> bool:
    """Whether Python knows another module by the name of a file, or would find another."""
    known = sys.modules.get(place.name)
    if known is not None:
        return _file_of(known) != path
    name = place.packages[0] if place.packages else place.name
    outermost = place.root / name / "__init__.py" if place.packages else path
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and (spec.origin is None or Path(spec.origin).absolute() != outermost)


def is_installed(file: Path) -> bool:
    """Whether a file is of an installed package, which is known by its name."""
    return not {"site-packages", "dist-packages"}.isdisjoint(file.parts)


def _file_of(module: ModuleType | None) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file).absolute() if file else None
