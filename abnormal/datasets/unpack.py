"""Unpacks archives from elsewhere: whatever is in them, only files and folders in one place.

Python's own filter for tar files allows links within the folder, and is not in every Python 3.11.
"""

import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from abnormal.errors import AbnormalError
from abnormal.files import remove_partial, replacing_folder

MOST_BYTES = 20 << 30
"""Unpacked; the largest of the data sets has 3 GB."""

_BLOCK = 1 << 20

# A RuntimeError is what `zipfile` raises where it is asked for a password.
_UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


class _Member(NamedTuple):
    name: str
    content: BinaryIO | None
    """None for a folder."""


def unpack(archive: Path, folder: Path, most_bytes: int = MOST_BYTES) -> None:
    """Unpacks a `.zip`, `.tar` or `.tar.gz`, all of it or nothing.

    Args:
        archive: The file; its kind is told by its contents.
        folder: Gets what is at the top of the archive.
        most_bytes: An archive with more in it is refused.

    Raises:
        AbnormalError: The archive is damaged, has a link or a path to elsewhere or too much in it,
            or something of the same name is in the folder.
    """
    remove_partial(folder)
    place = folder / f".unpacked-{archive.name.lstrip('.')}"
    try:
        with replacing_folder(place) as partial:
            _unpack_all(archive, partial, most_bytes)
            entries = list(partial.iterdir())
            taken = [entry.name for entry in entries if (folder / entry.name).exists()]
            if taken:
                raise AbnormalError(
                    f"{folder / taken[0]} is there already, and is not replaced by the one in "
                    "the archive. Move it away, or leave --download out to use it."
                )
            for entry in entries:
                entry.replace(folder / entry.name)
    except _UNREADABLE as error:
        raise AbnormalError(f"{archive} cannot be unpacked ({error}).") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unpack_all(archive: Path, folder: Path, most_bytes: int) -> None:
    left = most_bytes
    for member in _members(archive):
        path = folder / _safe(archive, member.name)
        if member.content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while block := member.content.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise AbnormalError(
                        f"{archive} has more than {most_bytes:,} bytes in it and is not unpacked."
                    )
                file.write(block)


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
        return
    with tarfile.open(archive) as tar:
        for entry in tar:
            if not (entry.isfile() or entry.isdir()):
                raise _refused(archive, entry.name, "no file and no folder")
            content = tar.extractfile(entry) if entry.isfile() else None
            yield _Member(entry.name, content)  # type: ignore[arg-type]


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(archive, entry.orig_filename, "no file and no folder")
            if entry.is_dir():
                yield _Member(entry.orig_filename, None)
            else:
                with packed.open(entry) as content:
                    yield _Member(entry.orig_filename, content)  # type: ignore[arg-type]


def _safe(archive: Path, name: str) -> Path:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name.split("/")[0]:
        raise _refused(archive, name, "a path to elsewhere")
    return Path(path)


def _refused(archive: Path, name: str, what: str) -> AbnormalError:
    return AbnormalError(f"{archive} has {name!r} in it, {what}: it is not unpacked.")
