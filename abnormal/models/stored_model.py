"""Opens the two forms of a model file, which hold the same.

model.h5        HDF5: the network as Keras writes it, and the group `abnormal`
model.keras     a ZIP archive as Keras writes it, and in it
  abnormal.h5   HDF5: the group `abnormal`, and the digest of what Keras has written
"""

import contextlib
import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h5py

from abnormal.hdf5 import one_line_errors, open_hdf5, seal, verify_seal
from abnormal.models.model_path import KERAS_SUFFIX
from abnormal.reading import parse_json, require_regular
from abnormal.replacing import writing
from abnormal.temporary import temporary_folder

GROUP = "abnormal"
"""Name of the HDF5 group for everything that Keras does not read."""

MOST_COMPRESSED_BYTES = 1 << 28
"""What a model file holds may be larger than the file, being compressed, by so many bytes."""

CONFIG, WEIGHTS, OURS = "config.json", "model.weights.h5", f"{GROUP}.h5"
"""Names of members of a `.keras` archive."""

MEMBERS = (CONFIG, "metadata.json", WEIGHTS, OURS)
"""All members that an archive may have."""

DIGEST = "model_config"
"""The attribute of `abnormal.h5` with the digest of the other members. In `model.h5` an attribute
of this name has the configuration of the network, so that the seal covers both."""


class StoredModel(NamedTuple):
    """What is in a model file.

    Attributes:
        config: The configuration of the network.
        weights: The weights of the network.
        group: Everything that Keras does not read; None if Keras alone has written the file.
        verify: Raises `ValueError` if anything in the file has changed.
    """

    config: Any
    weights: h5py.Group
    group: h5py.Group | None
    verify: Callable[[], None]


@contextlib.contextmanager
def open_stored(path: Path) -> Iterator[StoredModel]:
    """Opens a model file of either form.

    Raises:
        AbnormalError: It is a pipe, a device or a socket.
        ValueError: It is damaged, takes content from elsewhere, or claims to be too large.
    """
    require_regular(path)
    limit = path.stat().st_size + MOST_COMPRESSED_BYTES
    if path.suffix == KERAS_SUFFIX:
        with _unpacked(path, limit) as folder, _open_unpacked(folder, limit) as stored:
            yield stored
        return
    with open_hdf5(path, limit) as file:
        config = parse_json(file.attrs["model_config"])
        group = file.get(GROUP)
        verify = _nothing if group is None else partial(verify_seal, file, GROUP)
        yield StoredModel(config, file["model_weights"], group, verify)


def copy_network(path: Path, to: Path) -> None:
    """Copies what Keras has written, byte for byte, and leaves out the group `abnormal`.

    Args:
        path: A model file.
        to: The file to write, of the same form.
    """
    if path.suffix != KERAS_SUFFIX:
        with h5py.File(path, "r") as old, h5py.File(to, "w") as file:
            file.attrs.update(old.attrs)
            for name in old.keys() - {GROUP}:
                old.copy(name, file)
        return
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(to, "w") as copy:
        for member in archive.infolist():
            if member.filename != OURS:
                copy.writestr(member, archive.read(member))


@contextlib.contextmanager
def writing_group(path: Path) -> Iterator[h5py.Group]:
    """Adds the group `abnormal` to what Keras has written, and seals all of it.

    Args:
        path: The file that Keras has written.

    Yields:
        The group, which the block has to fill.
    """
    if path.suffix != KERAS_SUFFIX:
        with h5py.File(path, "a") as file:
            yield file.create_group(GROUP)
            seal(file, GROUP)  # nothing is written after this
        return
    with temporary_folder() as folder, writing(folder):
        with h5py.File(folder / OURS, "w") as file, zipfile.ZipFile(path) as archive:
            file.attrs[DIGEST] = _digest_of(archive)
            yield file.create_group(GROUP)
            seal(file, GROUP)
        with zipfile.ZipFile(path, "a") as archive:
            archive.write(folder / OURS, OURS)


@contextlib.contextmanager
def _open_unpacked(folder: Path, limit: int) -> Iterator[StoredModel]:
    with one_line_errors():
        config = dict(parse_json((folder / CONFIG).read_bytes()))
        config.pop("compile_config", None)  # Keras does not read it, because nothing is compiled
    with contextlib.ExitStack() as opened:
        stored = opened.enter_context(open_hdf5(folder / WEIGHTS, limit))
        weights = stored.get("layers", stored)  # without the optimizer
        if not (folder / OURS).exists():
            yield StoredModel(config, weights, None, _nothing)
            return
        file = opened.enter_context(open_hdf5(folder / OURS, limit))

        def verify() -> None:
            if file.attrs[DIGEST] != (folder / DIGEST).read_text():
                raise ValueError("its checksum does not fit what is in it: it has been changed")
            verify_seal(file, GROUP)

        yield StoredModel(config, weights, file.get(GROUP), verify)


@contextlib.contextmanager
def _unpacked(path: Path, limit: int) -> Iterator[Path]:
    """Unpacks an archive into a temporary folder, with the digest of what Keras has written.

    Raises:
        ValueError: It is damaged, too large, or has members that no model file has.
    """
    with temporary_folder() as folder, writing(folder):
        with one_line_errors(), zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if sorted({*names, OURS}) != sorted((*MEMBERS,)) or len({*names}) != len(names):
                raise ValueError(f"it has the content {', '.join(names)}, which no model has")
            size = sum(member.file_size for member in archive.infolist())
            if size > limit:
                raise ValueError(f"it claims to hold {size} bytes, more than {limit}")
            for member in names:
                with archive.open(member) as source, (folder / member).open("wb") as target:
                    shutil.copyfileobj(source, target)
            (folder / DIGEST).write_text(_digest_of(archive))
        yield folder


def _nothing() -> None:
    """Verifies a file that Keras alone has written, which has no digest."""


def _digest_of(archive: zipfile.ZipFile) -> str:
    digest = hashlib.sha256()
    for name in sorted({*archive.namelist()} - {OURS}):
        content = archive.read(name)
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()
