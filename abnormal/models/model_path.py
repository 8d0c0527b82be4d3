"""Checks of the path of a model file that do not need Keras."""

from pathlib import Path

from abnormal.commands import command
from abnormal.errors import AbnormalError

SUFFIXES = (".h5", ".hdf5")
"""Suffixes of the names of model files; the first one is recommended."""


def check_suffix(path: Path) -> None:
    """Makes sure that the name of a model file has a suffix that Keras recognises.

    Raises:
        AbnormalError: The name has another suffix.
    """
    if path.suffix not in SUFFIXES:
        known = " or ".join(SUFFIXES)
        raise AbnormalError(
            f"A model file has a name that ends in {known}, but this one is {path}. "
            f"Name it {path.stem}{SUFFIXES[0]}."
        )


def require_model_file(path: Path) -> None:
    """Makes sure that a file exists and has the name of a model file.

    Raises:
        AbnormalError: The file is missing, or its name has another suffix.
    """
    if not path.is_file():
        raise AbnormalError(
            f"There is no model file {path}. Train one: `{command('train')} --output {path}`."
        )
    check_suffix(path)
