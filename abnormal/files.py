"""Files that are complete or absent, listings in natural order, and JSON."""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from abnormal.errors import AbnormalError, CannotWriteError

_UNSUPPORTED = {errno.ENOTSUP, errno.EPERM, errno.EXDEV, errno.ENOSYS, errno.EINVAL}


def natural_key(name: str | Path) -> list[tuple[int, int, str]]:
    """A sort key that puts `frame2` before `frame10`, and folders in the order of their parts."""
    parts = [part for part in re.split(r"(\d+)", str(name)) if part]
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
    return [*key, (-1, 0, str(name))]  # so that 1 and 01 have an order too


def list_folder(folder: Path) -> list[Path]:
    """The visible entries of a folder in natural order.

    Hidden files, among them the `.DS_Store` and `._*` of macOS, are left out.

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


def demand_path(path: Path) -> None:
    """Makes sure that there is a file or a folder.

    Raises:
        AbnormalError: There is neither.
    """
    if not path.exists():
        raise AbnormalError(f"There is no file or folder {path}. Check the path.")


def make_folder(folder: Path) -> Path:
    """Makes a folder and its parents where they are missing.

    Raises:
        AbnormalError: It cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise AbnormalError(
            f"The folder {folder} cannot be made: a file is in its way. Choose another place."
        ) from None
    except OSError as error:
        raise AbnormalError(
            f"The folder {folder} cannot be made: {error.strerror}. Choose another place."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise AbnormalError(f"No permission to write into {folder}. Choose another folder.")
    return folder


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary name in the same folder, and moves the file to `path` when all went well.

    A reader sees the old file or the new one, whole. On an error the temporary file is removed
    and `path` is as it was.
    """
    partial = _temporary(path, "partial")
    try:
        yield partial
        flush(partial)
        _move(partial, path)
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path, begun: Path | None = None) -> Iterator[Path]:
    """The same as `replacing` for a folder, which is complete or absent.

    Args:
        path: The folder.
        begun: One of `recover(path)` to go on with, in place of an empty folder.
    """
    partial, old = _temporary(path, "partial"), _temporary(path, "old")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    try:
        if begun:
            with contextlib.suppress(FileNotFoundError):  # another run has tidied up
                _move(begun, partial)
        partial.mkdir(parents=True, exist_ok=True)
        yield partial
        if path.exists():
            _move(path, old)
        _move(partial, path)
    finally:
        if old.exists() and not path.exists():
            _move(old, path)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _move(source: Path, to: Path) -> None:
    """Renames a file or folder; copies it where a mounted folder cannot rename."""
    try:
        source.replace(to)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        if source.is_dir():
            shutil.copytree(source, to)
            shutil.rmtree(source)
        else:
            shutil.copyfile(source, to)


def flush(path: Path) -> None:
    """Sends a file or folder to the disk, as far as a mounted folder can do that."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(handle)


def _host() -> str:
    return re.sub(r"\W", "_", socket.gethostname())


def _temporary(path: Path, kind: str) -> Path:
    """A hidden name beside `path` that tells whose it is and keeps the ending."""
    return path.with_name(f".{kind}-{os.getpid()}@{_host()}-{path.name}")


def _left_behind(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """What processes that are no more left in a folder: path, `partial` or `old`, and whose place.

    Leftovers of a process that still runs, or may run on another host, are its work in progress.
    """
    for entry in list(folder.iterdir()) if folder.is_dir() else []:
        match = re.match(r"\.(partial|old)-(\d+)(?:@(\w*))?-(.+)", entry.name)
        if match and match[3] in (None, _host()) and not _is_running(int(match[2])):
            yield entry, match[1], match[4]


def recover(path: Path) -> list[Path]:
    """Gives a file or folder back that a killed run had moved out of the way.

    Returns:
        What killed runs had begun to put in its place.
    """
    begun = []
    for entry, kind, name in _left_behind(path.parent):
        if name == path.name and kind == "partial":
            begun.append(entry)
        elif name == path.name and not path.exists():
            _move(entry, path)
    return begun


def remove_partial(folder: Path) -> None:
    """Removes what killed runs left half-written directly in a folder.

    What a run had moved out of the way and not yet replaced is moved back.
    """
    for entry, kind, name in _left_behind(folder):
        if kind == "old" and not (folder / name).exists():
            _move(entry, folder / name)
        elif entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_json(path: Path, value: Any) -> None:
    """Writes a value as indented JSON, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        AbnormalError: The file is missing, may not be read, or is not JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise AbnormalError(f"There is no file {path}.") from None
    except OSError as error:
        raise AbnormalError(f"{path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise AbnormalError(f"{path} is damaged: {error}. Delete it and make it again.") from None


def sha256(path: Path) -> str:
    """The SHA-256 of a file, or of the names and contents of all visible files below a folder."""
    digest = hashlib.sha256()
    if path.is_dir():
        for entry in list_folder(path):
            digest.update(entry.name.encode())
            digest.update(sha256(entry).encode())
    else:
        with path.open("rb") as file:
            _update(digest, file)
    return digest.hexdigest()


def _update(digest: Any, file: BinaryIO) -> None:
    while block := file.read(1 << 20):
        digest.update(block)
