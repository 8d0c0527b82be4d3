"""The cameras that are watched: their names and addresses."""

import csv
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abnormal.errors import AbnormalError
from abnormal.urls import STREAM_SCHEMES, Url, parse_url, remember_secrets, without_secrets

COLUMNS = ("name", "source", "camera")
"""Columns of the table of cameras."""

LONGEST_NAME_BYTES = 100
"""A name of a camera has at most so many bytes, because it is part of file names."""


@dataclass(frozen=True)
class Camera:
    """One camera to be watched.

    Attributes:
        name: Name of the camera in events, messages and file names. It consists of letters,
            digits, `.`, `_` and `-`.
        source: Number of a video device, URL, or path of a file. It may contain a password.
        known_as: Name by which the model knows the camera and what is normal there; empty if the
            model was calibrated for a single camera.
        allow_redirects: Whether the camera may lead to other hosts.
    """

    name: str
    source: str
    known_as: str = ""
    allow_redirects: bool = False

    @property
    def is_file(self) -> bool:
        """Whether the source is a file, which ends, unlike a camera or a stream."""
        return not is_stream(self.source)


def is_stream(source: str) -> bool:
    """Whether a source is a camera or a network stream rather than a file or a folder."""
    path = Path(source)
    return "://" in source or path.is_char_device() or (source.isdecimal() and not path.exists())


def cameras_from_sources(sources: Sequence[str], known_as: str = "") -> list[Camera]:
    """Names the cameras of `--source` after their device number, host, or file.

    Cameras of the same name are numbered. Nothing else of an address is in a name, because a path
    may contain a password.

    Args:
        sources: Numbers of video devices, URLs or paths of files.
        known_as: Name by which the model knows the cameras; may be empty.

    Raises:
        AbnormalError: A source is given twice, or an address cannot be understood.
    """
    if twice := [source for source in sources if sources.count(source) > 1]:
        raise AbnormalError(
            f"{without_secrets(twice[0])} is given twice. Name each source once, or give them "
            "names of their own with --cameras."
        )
    names: list[str] = []
    for source in sources:
        name = _name_of(source)
        numbered = (f"{name}-{number}" for number in itertools.count(2))
        names.append(
            next(filter(lambda one: one not in names, numbered)) if name in names else name
        )
    return [Camera(name, source, known_as) for name, source in zip(names, sources, strict=True)]


def require_devices(sources: Sequence[str]) -> None:
    """Makes sure that the video devices among some sources exist.

    Args:
        sources: Numbers of video devices, URLs or paths of files.

    Raises:
        AbnormalError: A device does not exist.
    """
    for source in sources:
        if source.isdecimal() and is_stream(source) and not Path(f"/dev/video{source}").exists():
            devices = ", ".join(map(str, sorted(Path("/dev").glob("video*")))) or "no video device"
            raise AbnormalError(
                f"There is no camera {source}: /dev/video{source} does not exist. This machine has "
                f"{devices}. Check the number and the cable."
            )


def require_camera_table(path: Path) -> None:
    """Makes sure that the table of cameras exists.

    Raises:
        AbnormalError: There is no such file.
    """
    if not path.exists():
        raise AbnormalError(f"There is no file {path}. Check --cameras.")


def read_cameras(path: Path, known_as: str = "") -> list[Camera]:
    """Reads a table of cameras with the columns `name`, `source` and, optionally, `camera`.

    Args:
        path: A CSV file.
        known_as: Name by which the model knows the cameras whose column `camera` is empty.

    Raises:
        AbnormalError: The table cannot be read, is empty, or has an invalid row.
    """
    require_camera_table(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, skipinitialspace=True, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AbnormalError(f"{path} cannot be read as a table ({error}).") from None
    cameras = [_from_row(path, line, row, known_as) for line, row in enumerate(rows, start=2)]
    if not cameras:
        raise AbnormalError(
            f"{path} names no camera. Expected: {','.join(COLUMNS)} and a row for each camera."
        )
    names = [camera.name for camera in cameras]
    if twice := [name for name in names if names.count(name) > 1]:
        raise AbnormalError(f"{path} has the name {twice[0]!r} twice. Give each camera its own.")
    return cameras


def _from_row(path: Path, line: int, row: dict[Any, Any], known_as: str) -> Camera:
    surplus: list[str] = row.pop(None, [])
    cells = [*row.values(), *surplus]
    for text in (*cells, ",".join(cells)):  # an address may be in any column, or in several
        remember_secrets(text)
    if any(map(str.strip, surplus)):
        raise AbnormalError(
            f"{path}, line {line}, has more cells than the first line has columns. Put what "
            'contains a comma into double quotes ("), or write it as %2C in an address.'
        )
    name, source, camera = ((row.get(column) or "").strip() for column in COLUMNS)
    if not name or not source:
        missing = "source" if name else "name"
        raise AbnormalError(
            f"{path}, line {line}, has no {missing}. Expected: the columns {','.join(COLUMNS)}, of "
            "which the last may be empty."
        )
    if _file_name_part(name) != name:
        raise AbnormalError(
            f"{path}, line {line}: the name {without_secrets(repr(name))} is part of file names. "
            f"Expected: letters, digits, '.', '_' and '-' only, and at most {LONGEST_NAME_BYTES} "
            "bytes."
        )
    if "://" in source:
        _parse(source, f"camera {name}")
    return Camera(name, source, camera or known_as)


def _parse(source: str, name: str) -> Url:
    url = parse_url(source, name)
    if url.scheme not in STREAM_SCHEMES:
        raise AbnormalError(
            f"The address of {name}, {url.shown}, is none of a camera. Expected: "
            f"{', '.join(STREAM_SCHEMES)}. Name a file by its path, with --realtime."
        )
    return url


def _name_of(source: str) -> str:
    if source.isdecimal():
        return f"camera{source}"
    if "://" in source:
        url = _parse(source, "a --source")
        return _file_name_part(url.host if url.place else "")
    return _file_name_part(Path(source).stem)


def _file_name_part(text: str) -> str:
    name = re.sub(r"[^\w.-]+", "-", text).strip("-.")
    return name.encode()[:LONGEST_NAME_BYTES].decode(errors="ignore").strip("-.") or "camera"
