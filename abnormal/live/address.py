"""Where a camera's stream comes from, and how that is spoken of: never with its password."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from abnormal.errors import AbnormalError

COLUMNS = ("name", "source", "camera")

_USER = re.compile(r"([a-z][a-z0-9+.-]*://)[^/?#\s'\"]*@", re.IGNORECASE)
_QUERY = re.compile(r"([a-z][a-z0-9+.-]*://[^?#\s'\"]*)[?#][^\s'\"]*", re.IGNORECASE)


@dataclass(frozen=True)
class Camera:
    """One camera to be watched.

    Attributes:
        name: For events, health lines and files: letters, digits, `.`, `_` and `-`.
        source: The number of a video device, a URL, or a file; it may hold a password.
        place: Under which name the model knows what is normal there; empty where it knows one.
    """

    name: str
    source: str
    place: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it ends some time."""
        return not is_stream(self.source)


def is_stream(source: str) -> bool:
    """Whether it is a camera or a stream rather than a file or a folder."""
    path = Path(source)
    return "://" in source or path.is_char_device() or (source.isdecimal() and not path.exists())


def without_secrets(text: str) -> str:
    """A text whose URLs have lost user, password, query and fragment."""
    return _QUERY.sub(r"\1", _USER.sub(r"\1", text))


def named_cameras(sources: Sequence[str], place: str = "") -> list[Camera]:
    """The cameras of `--source`, named after host and path, file, or number.

    Raises:
        AbnormalError: One is given twice.
    """
    if twice := [source for source in sources if sources.count(source) > 1]:
        raise AbnormalError(
            f"{without_secrets(twice[0])} is given twice. Name each source once, or give them "
            "names of their own with --cameras."
        )
    names: list[str] = []
    for source in sources:
        name = _name_of(source)
        like_it = sum(known == name or known.startswith(f"{name}-") for known in names)
        names.append(f"{name}-{like_it + 1}" if name in names else name)
    return [Camera(name, source, place) for name, source in zip(names, sources, strict=True)]


def demand_table(path: Path) -> None:
    """Makes sure that there is a table of cameras.

    Raises:
        AbnormalError: There is none.
    """
    if not path.exists():
        raise AbnormalError(f"There is no file {path}. Check --cameras.")


def read_cameras(path: Path, place: str = "") -> list[Camera]:
    """The cameras of a table with the columns `name`, `source` and, if wanted, `camera`.

    Args:
        path: A CSV file.
        place: Of those whose column `camera` is empty.

    Raises:
        AbnormalError: It cannot be read, or a row of it cannot be meant.
    """
    demand_table(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, skipinitialspace=True, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AbnormalError(f"{path} cannot be read as a table ({error}).") from None
    cameras = [_of_row(path, line, row, place) for line, row in enumerate(rows, start=2)]
    if not cameras:
        raise AbnormalError(
            f"{path} names no camera. Expected: {','.join(COLUMNS)} and a row each."
        )
    names = [camera.name for camera in cameras]
    if twice := [name for name in names if names.count(name) > 1]:
        raise AbnormalError(f"{path} has the name {twice[0]!r} twice. Give each camera its own.")
    return cameras


def _of_row(path: Path, line: int, row: dict[str, str], place: str) -> Camera:
    name, source, camera = ((row.get(column) or "").strip() for column in COLUMNS)
    if not name or not source:
        missing = "source" if name else "name"
        raise AbnormalError(
            f"{path}, line {line}, has no {missing}. Expected: the columns {','.join(COLUMNS)}, of "
            "which the last may be empty."
        )
    if _plain(name) != name:
        raise AbnormalError(
            f"{path}, line {line}: the name {name!r} is part of file names. Expected: letters, "
            "digits, '.', '_' and '-' only."
        )
    return Camera(name, source, camera or place)


def _name_of(source: str) -> str:
    if source.isdecimal():
        return f"camera{source}"
    if "://" in source:
        return _plain(without_secrets(source).split("://", 1)[1])
    return _plain(Path(source).stem)


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "camera"
