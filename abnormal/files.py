"""Folders that are made, listed in natural order and locked, and JSON and digests of files."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

from abnormal.errors import AbnormalError
from abnormal.reading import parse_json, read_bytes, require_regular
from abnormal.replacing import file_behind, replacing


def natural_key(name: str | Path) -> list[tuple[int, int, str]]:
    """Returns a sort key that compares numbers in names by value: `frame2` before `frame10`."""
    parts = [part for part in re.split(r"(\d+)", str(name)) if part]
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
    return [*key, (-1, 0, str(name))]  # so that the order of 1 and 01 is defined, too


def list_folder(folder: Path) -> list[Path]:
    """Lists the visible entries of a folder in natural order.

    Hidden files are left out, such as `.DS_Store` and `._*`, which macOS creates.

    Raises:
        AbnormalError: The folder is missing, is a file, or may not be read.
    """
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except FileNotFoundError:
        raise AbnormalError(f"There is no folder {folder}. Check the path.") from None
    except NotADirectoryError:
        raise AbnormalError(f"{folder} is a file, but a folder was expected.") from None
    except PermissionError:
        raise AbnormalError(
            f"The folder {folder} may not be read. Check its permissions."
        ) from None
    return sorted(entries, key=lambda entry: natural_key(entry.name))


def require_path(path: Path) -> None:
    """Makes sure that a file or folder exists.

    Raises:
        AbnormalError: There is no file or folder of that name, but perhaps a pipe or a device.
    """
    if not path.exists():
        raise AbnormalError(f"There is no file or folder {path}. Check the path.")
    require_regular(path)


def make_folder(folder: Path) -> Path:
    """Makes a folder, and its parents, unless it exists, and makes sure that it is writable.

    Returns:
        The folder.

    Raises:
        AbnormalError: The folder cannot be made, or may not be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise AbnormalError(
            f"The folder {folder} cannot be made: a file is in its way. Choose another folder."
        ) from None
    except OSError as error:
        raise AbnormalError(
            f"The folder {folder} cannot be made: {error.strerror}. Choose another folder."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise AbnormalError(f"No permission to write into {folder}. Choose another folder.")
    return folder


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Waits until no other program or thread is in such a block for a folder, and keeps them out.

    It is for reading a file there and then replacing it, which takes a moment: what somebody else
    writes in between would be lost. The system unlocks the folder if this process dies. Where the
    file system has no locks, or there is no such folder, the block runs without one.
    """
    with contextlib.ExitStack() as opened:
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            opened.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def locked_file(path: Path) -> AbstractContextManager[None]:
    """Returns `locked_folder` for the folder in which `replacing` writes a file.

    That is the same one for all links that lead to the file.
    """
    return locked_folder(file_behind(path).absolute().parent)


def write_json(path: Path, value: Any) -> None:
    """Writes a value as indented JSON, completely or not at all.

    Raises:
        CannotWriteError: The disk is full, or the file may not be written.
    """
    with replacing(path) as partial:
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        # File names that are not UTF-8 contain surrogates, which become escapes of JSON.
        partial.write_text(text, "utf-8", "backslashreplace")


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        AbnormalError: The file is missing, may not be read, or is not JSON.
    """
    try:
        return parse_json(read_bytes(path))
    except FileNotFoundError:
        raise AbnormalError(f"There is no file {path}.") from None
    except OSError as error:
        raise AbnormalError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise AbnormalError(f"{path} is damaged: {error}. Delete it and make it again.") from None


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file, or of a folder with the names and contents of all its files.

    Returns:
        The digest as hexadecimal digits. Sub-folders are included; hidden files, links to folders,
        and pipes and devices, which never end, are not.

    Raises:
        AbnormalError: The path itself is a pipe, a device or a socket.
    """
    require_regular(path)
    digest = hashlib.sha256()
    if path.is_dir():
        for entry in list_folder(path):
            if entry.is_file() or (entry.is_dir() and not entry.is_symlink()):
                digest.update(os.fsencode(entry.name))
                digest.update(sha256(entry).encode())
    else:
        with path.open("rb") as file:
            _update(digest, file)
    return digest.hexdigest()


def _update(digest: Any, file: BinaryIO) -> None:
    while block := file.read(1 << 20):
        digest.update(block)
