"""Checks of the path of a model file that do not need Keras."""

from pathlib import Path

from abnormal.commands import command, train_command
from abnormal.errors import AbnormalError

H5_SUFFIX, KERAS_SUFFIX = ".h5", ".keras"
"""Suffix of the form that also holds networks that are classes of their own."""

SUFFIXES = (H5_SUFFIX, ".hdf5", KERAS_SUFFIX)
"""Suffixes of the names of model files; the first one is recommended."""
_SUFFIX_TEXT = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

_EXPORTED_SUFFIXES = (".onnx", ".xml", ".bin", ".pb")
"""Suffixes of the files that `--export` writes."""


def check_suffix(path: Path) -> None:
    """Makes sure that the name of a model file has a suffix that Keras recognises.

    Raises:
        AbnormalError: The name has another suffix.
    """
    if path.suffix not in SUFFIXES:
        raise AbnormalError(
            f"A model file has a name that ends in {_SUFFIX_TEXT}, but this one is {path}. "
            f"Name it {_suggested_name(path)}."
        )


_OTHER_CONTENTS = (
    (b"version https://git-lfs", "it is a pointer of Git LFS. Fetch the file with `git lfs pull`"),
    (b"<!doctype html", "it is a web page. Download the file itself, not the page that shows it"),
    (b"<html", "it is a web page. Download the file itself, not the page that shows it"),
    (b"<?xml", "it is a text in XML, such as a server's error. Download the file again"),
    (b"PK\x03\x04", "it is a ZIP archive, as `.keras` files are. Give it the name that it had"),
)
"""Beginnings of files that take the place of model files, in lower case, and what to do."""


def require_model_file(path: Path) -> None:
    """Makes sure that a file exists, has the name of a model file, and is not obviously another.

    Raises:
        AbnormalError: The file is missing, its name has another suffix, or it is a web page or the
            like.
    """
    if path.is_dir():
        raise AbnormalError(f"{path} is a folder. Expected: a file such as {path / 'model.h5'}.")
    if not path.is_file():
        raise AbnormalError(f"There is no model file {path}. Train one: `{train_command(path)}`.")
    if path.suffix not in SUFFIXES:
        raise AbnormalError(
            f"A model file has a name that ends in {_SUFFIX_TEXT}, but this one is "
            f"{path}. {_advice_for(path)}"
        )
    if path.suffix == KERAS_SUFFIX and _first_bytes(path, 8) == _HDF5_SIGNATURE:
        raise AbnormalError(f"{path} has the format of another one. Name it {path.stem}.h5.")
    if path.suffix == KERAS_SUFFIX and _first_bytes(path, 4) == b"PK\x03\x04":
        return
    beginning = _first_bytes(path, 64).lstrip().lower()
    for start, advice in _OTHER_CONTENTS:
        if beginning.startswith(start.lower()):
            raise AbnormalError(f"{path} is not a model file of this program: {advice}.")


def _advice_for(path: Path) -> str:
    if _first_bytes(path, 8) == _HDF5_SIGNATURE:
        return f"It has the format of one. Name it {_suggested_name(path)}."
    if path.suffix in _EXPORTED_SUFFIXES:
        return "It is for other programs. Give the .h5 file that it was exported from."
    return f"Give the file that `{command('train')} --output` wrote."


def _suggested_name(path: Path) -> str:
    return path.stem if path.stem.endswith(SUFFIXES) else path.stem + SUFFIXES[0]


def _first_bytes(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise AbnormalError(f"{path} cannot be read: {error.strerror}.") from None
