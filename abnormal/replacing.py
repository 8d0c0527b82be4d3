"""Files and folders that are written completely or not at all, and what is left of them if not."""

import contextlib
import errno
import functools
import os
import re
import shutil
import socket
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from abnormal.errors import CannotWriteError
from abnormal.reading import reason

_BLOCK = 1 << 20

_UNSUPPORTED = {errno.ENOTSUP, errno.EPERM, errno.EXDEV, errno.ENOSYS, errno.EINVAL}
"""Error numbers of operations that a file system, such as a network mount, does not support."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Writes a file under a temporary name in the same folder, and then renames it to `path`.

    Other processes see the complete old file or the complete new one. If the block raises, the
    temporary file is removed and `path` stays as it was. If the process is killed, the next one
    that starts and writes the file removes it.

    A file that is replaced keeps its permissions, and its owner and group as far as that is
    allowed. A new one has the permissions of the umask.

    Args:
        path: The file to be written or replaced. A link stays one: what it leads to is replaced.

    Yields:
        The temporary path, which the block has to write.

    Raises:
        CannotWriteError: The disk is full, or the file may not be written.
    """
    file = file_behind(path)
    partial = _temporary_path(file, "partial")
    for entry, kind, name in _leftovers(_found_at_first(file.parent.absolute())):
        if (kind, name) == ("partial", file.name) and entry.is_file():
            entry.unlink(missing_ok=True)
    try:
        with writing(path):
            yield partial
            flush(partial)
            _copy_access(file, partial)
            _move(partial, file)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path, unfinished: Path | None = None) -> Iterator[Path]:
    """Fills a folder under a temporary name, and then renames it to `path`.

    Like `replacing`, but for a folder: `path` is complete or absent, never half-written.

    Args:
        path: The folder to be written or replaced.
        unfinished: A folder that `recover(path)` returned, to continue with. None stands for an
            empty folder.

    Yields:
        The temporary folder, which the block has to fill.

    Raises:
        CannotWriteError: The disk is full, or the folder may not be made or replaced.
    """
    partial, old = _temporary_path(path, "partial"), _temporary_path(path, "old")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    try:
        with writing(path):
            if unfinished:
                with contextlib.suppress(FileNotFoundError):  # another run has removed it
                    _move(unfinished, partial)
            partial.mkdir(parents=True, exist_ok=True)
        yield partial
        with writing(path):
            if path.exists():
                _move(path, old)
            _move(partial, path)
    finally:
        if old.exists() and not path.exists():
            _move(old, path)
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what the system refuses in the block into an error about a path that is written.

    Raises:
        CannotWriteError: The disk is full, or the path may not be written to.
    """
    try:
        yield
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written: {reason(error)}.") from error


def reserve(path: Path, size: int) -> None:
    """Writes a file of a size, to find out that the disk is full before a library does.

    HDF5 goes on trying when a write has failed, and prints many lines for each attempt. Others
    raise errors of their own, which do not say that the disk is full.

    Raises:
        OSError: There is no room for the file.
    """
    with path.open("wb") as file:
        for first in range(0, size, _BLOCK):
            file.write(bytes(min(_BLOCK, size - first)))


@contextlib.contextmanager
def finding_full_disk(path: Path, size: int) -> Iterator[None]:
    """Says that the disk is full if a library fails in the `with` block and there is no room.

    Args:
        path: The file, or the folder, that is written in the block. After an error it is of no use.
        size: How many bytes are needed.

    Raises:
        OSError: There is no room for as many bytes.
    """
    try:
        yield
    except Exception:
        reserve(path / "room" if path.is_dir() else path, size)
        raise


def file_behind(path: Path) -> Path:
    """Returns the file that `replacing` writes for a path: what a link leads to, or the path.

    A link to a file that does not exist yet counts, too. A device, a pipe or a folder must not be
    replaced; a link that leads to one may be.
    """
    file = Path(os.path.realpath(path)) if path.is_symlink() else path
    return file if file.is_file() or not file.exists() else path


def require_replaceable(path: Path) -> None:
    """Makes sure that `replacing` can write a file, before the work begins that is for the file.

    Args:
        path: The file, in a folder that exists.

    Raises:
        CannotWriteError: A folder, a pipe or a device has its name, or the folder that a link
            leads to is missing, or may not be written to.
    """
    file = file_behind(path)
    folder = file.absolute().parent
    if path.exists() and not path.is_symlink() and not path.is_file():
        kind = "a folder" if path.is_dir() else "no regular file"
        raise CannotWriteError(f"{path} cannot be written: it is {kind}. Choose another name.")
    if not folder.is_dir():
        raise CannotWriteError(
            f"{path} cannot be written: it is a link to {file}, and there is no folder {folder}. "
            "Mount or make it, or choose another name."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotWriteError(f"{path} cannot be written: no permission to write into {folder}.")


def _copy_access(source: Path, to: Path) -> None:
    """Gives a file the owner, group and permissions of another one, as far as that is possible."""
    try:
        status = source.stat()
    except OSError:  # there is none yet
        return
    for owner, group in ((-1, status.st_gid), (status.st_uid, -1)):
        with contextlib.suppress(OSError):
            os.chown(to, owner, group)
    with contextlib.suppress(OSError):
        to.chmod(stat.S_IMODE(status.st_mode))


def _move(source: Path, to: Path) -> None:
    """Renames a file or folder. Copies it instead where the file system cannot rename."""
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
    """Flushes a file or folder to the disk. Does nothing on file systems that cannot do that."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(handle)


def _host_name() -> str:
    return re.sub(r"\W", "_", socket.gethostname())


def _temporary_path(path: Path, kind: str) -> Path:
    """Returns a hidden name beside `path` with the process and host in it, and the same suffix."""
    return path.with_name(f".{kind}-{os.getpid()}@{_host_name()}-{path.name}")


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


@functools.lru_cache(maxsize=256)
def _found_at_first(folder: Path) -> tuple[Path, ...]:
    """Returns the temporary entries that were in a folder when this process first wrote into it.

    To list a folder of many thousand files at each write would take longer than the write.
    """
    return tuple(entry for entry in _entries(folder) if entry.name.startswith("."))


def _leftovers(entries: Iterable[Path]) -> Iterator[tuple[Path, str, str]]:
    """Yields temporary entries of processes that ended before they could remove them.

    Entries of a process that still runs, or may run on another host, are left out, and all that
    have no temporary name.

    Yields:
        The entry, its kind (`partial` or `old`), and the name of the file or folder that was
        being written.
    """
    for entry in entries:
        match = re.match(r"\.(partial|old)-(\d{1,9})(?:@(\w*))?-(.+)", entry.name)
        if match and match[3] in (None, _host_name()) and not _is_running(int(match[2])):
            yield entry, match[1], match[4]


def recover(path: Path) -> list[Path]:
    """Restores a file or folder that a killed run had moved away but not yet replaced.

    Returns:
        The unfinished versions of it that killed runs left behind.
    """
    unfinished = []
    for entry, kind, name in _leftovers(_entries(path.parent)):
        if name == path.name and kind == "partial":
            unfinished.append(entry)
        elif name == path.name and not path.exists():
            _move(entry, path)
    return unfinished


def remove_partial(folder: Path) -> None:
    """Removes unfinished files and folders that killed runs left directly in a folder.

    An old version that a run had moved away and not yet replaced is moved back.
    """
    for entry, kind, name in _leftovers(_entries(folder)):
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
