"""What can be said of the path of a model file before Keras is imported."""

from pathlib import Path

from abnormal.commands import command
from abnormal.errors import AbnormalError

ENDINGS = (".h5", ".hdf5")


def check_ending(path: Path) -> None:
    """Makes sure that a model file has a name by which Keras knows its format.

    Raises:
        AbnormalError: It ends otherwise.
    """
    if path.suffix not in ENDINGS:
        raise AbnormalError(
            f"A model file has a name that ends in {' or '.join(ENDINGS)}, but this one is {path}. "
            f"Name it {path.stem}{ENDINGS[0]}."
        )


def require_model_file(path: Path) -> None:
    """Makes sure that there is a file which can be a model file.

    Raises:
        AbnormalError: There is no file, or its name has another ending.
    """
    if not path.is_file():
        raise AbnormalError(
            f"There is no model file {path}. Train one: `{command('train')} --output {path}`."
        )
    check_ending(path)
