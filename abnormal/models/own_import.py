"""Imports files with the code of networks of one's own, so that their classes are found again.

A file has the name that Python gives it, with its packages. Two files of one name are told apart.
"""

import contextlib
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from abnormal.errors import AbnormalError
from abnormal.reading import first_line

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


def import_file(path: Path) -> ModuleType:
    """Imports a file under the name by which its classes are found again.

    It may import what is beside it. A file that has changed since is run again.

    Raises:
        AbnormalError: There is no such file, another module has its name, or it cannot be run.
    """
    path = path.absolute() if ".." not in path.parts else path.parent.resolve() / path.name
    if not path.is_file():
        raise AbnormalError(f"There is no file {path}. Expected: a Python file with the network.")
    place = _place_of(path)
    if _is_taken(place, path):
        raise AbnormalError(f"{path} has the name of another module, {place.name}. Rename it.")
    return _run(path, place)


def import_needed(path: Path) -> ModuleType:
    """Imports a file whose name may be that of another one, of which another network was made.

    Raises:
        AbnormalError: It cannot be run, or another package of its name was imported before.
    """
    place = _place_of(path)
    if not place.packages:
        if _is_taken(place, path):
            digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
            place = place._replace(name=f"{place.name}_{digest}")
        return _run(path, place)
    outermost = file_of(sys.modules.get(place.packages[0]))
    if outermost is None or _is_same(outermost, place.root / place.packages[0] / "__init__.py"):
        return _run(path, place)
    with contextlib.suppress(ImportError):
        known = importlib.import_module(place.name)
        file = file_of(known)
        if file is not None and file.read_bytes() == path.read_bytes():
            return known
    raise AbnormalError(
        f"{path} is needed, but {outermost} has the same name and was imported before. Rename one "
        "of the packages, or use a program for each."
    )


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
        file = file_of(sys.modules.get(name))
        is_beside = (root / f"{name}.py").is_file() or (root / name).is_dir()
        if not name or not is_beside or file is None or is_installed(file):
            continue
        if name not in sys.stdlib_module_names and not _is_below(file, root):
            raise AbnormalError(
                f"{module.__file__} imports {name} from beside it, but {file} has the same name "
                "and was imported before. Rename one of them, or use a program for each."
            )


def _is_taken(place: _Place, path: Path) -> bool:
    """Whether Python knows another module by the name of a file, or would find another."""
    known = sys.modules.get(place.name)
    if known is not None:
        file = file_of(known)
        return file is None or not _is_same(file, path)
    name = place.packages[0] if place.packages else place.name
    outermost = place.root / name / "__init__.py" if place.packages else path
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and (spec.origin is None or not _is_same(Path(spec.origin), outermost))


def _is_same(file: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, by links or `..`."""
    return file.resolve() == other.resolve()


def _is_below(file: Path, folder: Path) -> bool:
    """Whether a file, which may be a link to elsewhere, is in a folder or in one below it."""
    return file.parent.resolve().is_relative_to(folder.resolve())


def is_installed(file: Path) -> bool:
    """Whether a file is of an installed package, which is known by its name."""
    return not {"site-packages", "dist-packages"}.isdisjoint(file.parts)


def file_of(module: ModuleType | None) -> Path | None:
    """Returns the file of a module; None if there is no such module, or it has none."""
    file = getattr(module, "__file__", None)
    return Path(file).absolute() if file else None
