"""Opens HDF5 files that may come from anywhere, and seals the files that this program writes.

HDF5 can take the content of a file from somewhere else: from other files by links, virtual datasets
and external storage, or from a plug-in. Here everything has to be in the file itself, and no larger
than is said beforehand: otherwise a pipe or `/dev/zero` would be read without end.
"""

import contextlib
import hashlib
import math
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import h5py

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.reading import first_line, require_regular

SEAL = "sha256"
"""Name of the attribute that holds the digest of all other content."""

_HEAP = re.compile(rb"GCOL\x01\0{3}(.{8})", re.DOTALL)
_OBJECT = struct.Struct("<H6xQ")  # number and size

_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns what h5py and Keras raise on a damaged file in the block into one error of one line.

    There is hardly an error that they do not raise, and HDF5's have many lines.

    Raises:
        AbnormalError: The block raised one.
        ValueError: The block raised anything else.
    """
    try:
        yield
    except AbnormalError:
        raise
    except Exception as error:
        raise ValueError(first_line(error)) from error


@contextlib.contextmanager
def open_hdf5(path: Path, most_bytes: int) -> Iterator[h5py.File]:
    """Opens a file whose content is all in the file itself.

    Args:
        path: The file.
        most_bytes: How many bytes all arrays in it may take together, not compressed.

    Raises:
        AbnormalError: It is a pipe, a device or a socket.
        ValueError: The file is damaged, or takes content from elsewhere, or claims to be too large.
    """
    require_regular(path)
    _check_heaps(path)
    with one_line_errors(), h5py.File(path, "r") as file:
        items = _items(file)
        size = sum(_size(name, item) for name, item in items if isinstance(item, h5py.Dataset))
        if size > most_bytes:
            raise ValueError(f"it claims to hold {size} bytes, more than {most_bytes}")
        yield file


def _check_heaps(path: Path) -> None:
    """Makes sure that HDF5 comes to the end of each heap, which holds texts.

    It goes from object to object by their sizes, and for ever on the spot where a size is 0 (HDF5
    File Format Specification, version 3.0, III.E, "Disk Format: Level 1E - Global Heap").

    Raises:
        ValueError: The sizes of a heap do not add up.
    """
    content = path.read_bytes()
    left = len(content) // _OBJECT.size  # heaps do not overlap, so that there are no more objects
    for heap in _HEAP.finditer(content):
        place, stop = heap.end(), heap.start() + int.from_bytes(heap[1], "little")
        while place + _OBJECT.size <= min(stop, len(content)):
            number, size = _OBJECT.unpack_from(content, place)
            # What is left over has the number 0, and the size of it all.
            length = -(-size // 8) * 8 + _OBJECT.size if number else size
            if not (left and _OBJECT.size <= length <= stop - place):
                raise ValueError("a text in it has no length that can be")
            place, left = place + length, left - 1


@contextlib.contextmanager
def hdf5_write_errors(path: Path) -> Iterator[None]:
    """Turns what HDF5 raises in the block when a write fails into an error that names the file.

    Raises:
        CannotWriteError: The file cannot be written.
    """
    try:
        yield
    except RuntimeError as error:
        raise CannotWriteError(f"{path} cannot be written: {first_line(error)}.") from error


def seal(file: h5py.File, group: str) -> None:
    """Stores a digest of all that is in a file, by which later damage is found.

    Args:
        file: The file, which is complete but for this.
        group: Name of the group whose attribute the digest becomes.
    """
    file[group].attrs[SEAL] = _digest(file, group)


def verify_seal(file: h5py.File, group: str) -> None:
    """Compares a file with its digest; those of older versions have none.

    Raises:
        ValueError: Something in the file has changed.
    """
    sealed = file[group].attrs.get(SEAL)
    if sealed is not None and sealed != _digest(file, group):
        raise ValueError("its checksum does not fit what is in it: it has been damaged or changed")


def _digest(file: h5py.File, group: str) -> str:
    digest = hashlib.sha256(str(file.attrs["model_config"]).encode())
    for name, item in sorted(_items(file)):
        for key in sorted(item.attrs):
            if (name, key) != (group, SEAL):
                digest.update(f"{name} {key} {item.attrs[key]!r}".encode())
        if isinstance(item, h5py.Dataset):
            digest.update(f"{name} {item.shape} {item.dtype}".encode())
            content = item[()]
            digest.update(content if isinstance(content, bytes) else content.tobytes())
    return digest.hexdigest()


def _items(file: h5py.File) -> list[tuple[str, h5py.Group | h5py.Dataset]]:
    """Returns everything in a file by name, once also if it has several names.

    Raises:
        ValueError: There is a link to something that may be elsewhere.
    """
    links: list[tuple[str, object]] = []
    file.visititems_links(lambda name, link: links.append((name, link)))
    if elsewhere := [name for name, link in links if type(link) is not h5py.HardLink]:
        raise ValueError(f"{elsewhere[0]} is a link, perhaps to another file")
    found: list[tuple[str, h5py.Group | h5py.Dataset]] = []
    file.visititems(lambda name, item: found.append((name, item)))
    return found


def _size(name: str, dataset: h5py.Dataset) -> int:
    """Returns how many bytes the content of a dataset takes, and checks where it comes from."""
    plan = dataset.id.get_create_plist()
    filters = {plan.get_filter(number)[0] for number in range(plan.get_nfilters())}
    if plan.get_external_count() or plan.get_layout() == h5py.h5d.VIRTUAL:
        raise ValueError(f"the content of {name} is outside the file")
    if not filters <= _FILTERS:
        raise ValueError(f"{name} is compressed in a way that needs a plug-in")
    return math.prod(dataset.shape or ()) * dataset.dtype.itemsize
