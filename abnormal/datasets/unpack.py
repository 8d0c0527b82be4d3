"""Unpacks untrusted archives. Only files and folders inside one target folder are created.

Python's own extraction filter for tar files would allow links within the folder, and is missing in
early releases of Python 3.11.
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
from abnormal.replacing import remove_partial, replacing_folder

MAX_UNPACKED_BYTES = 20 << 30
"""Largest accepted size of the unpacked files in bytes. The largest data set has 3 GB."""

_BLOCK = 1 << 20

# `zipfile` raises a RuntimeError if an archive needs a password.
_UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


class _Member(NamedTuple):
    """A file or folder in an archive.

    Attributes:
        name: Its path in the archive.
        content: The open file; None for a folder.
    """

    name: str
    content: BinaryIO | None


def unpack(archive: Path, folder: Path, max_bytes: int = MAX_UNPACKED_BYTES) -> None:
    """Unpacks a `.zip`, `.tar` or `.tar.gz` completely or not at all.

    Args:
        archive: The file. Its format is detected from its contents.
        folder: The folder that receives the top-level entries of the archive.
        max_bytes: Largest accepted size of all unpacked files together.

    Raises:
        AbnormalError: The archive is damaged or too large, contains a link or a path outside the
            folder, or has a top-level entry whose name exists in the folder.
    """
    remove_partial(folder)
    staging = folder / f".unpacked-{archive.name.lstrip('.')}"
    try:
        with replacing_folder(staging) as partial:
            _unpack_all(archive, partial, max_bytes)
            entries = list(partial.iterdir())
            existing = [entry.name for entry in entries if (folder / entry.name).exists()]
            if existing:
                raise AbnormalError(
                    f"{folder / existing[0]} is there already, and is not replaced by the one in "
                    "the archive. Move it away, or leave --download out to use it."
                )
            for entry in entries:
                entry.replace(folder / entry.name)
    except _UNREADABLE as error:
        raise AbnormalError(f"{archive} cannot be unpacked ({error}).") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unpack_all(archive: Path, folder: Path, max_bytes: int) -> None:
    remaining = max_bytes
    for member in _members(archive):
        path = folder / _safe_path(archive, member.name)
        if member.content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while block := member.content.read(_BLOCK):
                remaining -= len(block)
                if remaining < 0:
                    raise AbnormalError(
                        f"{archive} has more than {max_bytes:,} bytes in it and is not unpacked."
                    )
                file.write(block)


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
        return
    with tarfile.open(archive) as tar:
        for entry in tar:
            if not (entry.isfile() or entry.isdir()):
                raise _refusal(archive, entry.name, "no file and no folder")
            content = tar.extractfile(entry) if entry.isfile() else None
            yield _Member(entry.name, content)  # type: ignore[arg-type]


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refusal(archive, entry.orig_filename, "no file and no folder")
            if entry.is_dir():
                yield _Member(entry.orig_filename, None)
            else:
                with packed.open(entry) as content:
                    yield _Member(entry.orig_filename, content)  # type: ignore[arg-type]


def _safe_path(archive: Path, name: str) -> Path:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name.split("/")[0]:
        raise _refusal(archive, name, "a path to elsewhere")
    return Path(path)


def _refusal(archive: Path, name: str, what: str) -> AbnormalError:
    return AbnormalError(f"{archive} has {name!r} in it, {what}: it is not unpacked.")
