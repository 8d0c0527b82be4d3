"""The files that show how the losses of a run develop: a table, and TensorBoard's files."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from abnormal.errors import AbnormalError
from abnormal.models.model_path import H5_SUFFIX
from abnormal.reading import first_line
from abnormal.replacing import replacing
from abnormal.training.options import TrainingOptions
from abnormal.training.tensorboard import write_to_tensorboard

log = logging.getLogger(__name__)


class LossFiles:
    """Writes the losses of a run. If they cannot be written there is a warning, and no error.

    Args:
        options: The options of the run, which name the files.
        is_written: Whether this host writes them.
    """

    def __init__(self, options: TrainingOptions, is_written: bool) -> None:
        self._table = losses_path(options.output) if is_written else None
        self._tensorboard = options.tensorboard if is_written else None
        self._has_warned = False

    def write_table(self, history: Sequence[Mapping[str, float]]) -> None:
        """Writes the table of all epochs so far, `Fitting.history`."""
        if not self._table:
            return
        try:
            write_losses(self._table, history)
        except AbnormalError as error:
            log.warning("%s Training goes on", error)

    def add_to_tensorboard(self, entry: Mapping[str, float]) -> None:
        """Adds the losses of one epoch to TensorBoard's files if these are wanted.

        What went wrong is said once. Later epochs are tried again.
        """
        if not self._tensorboard:
            return
        try:
            write_to_tensorboard(self._tensorboard, entry)
        except Exception as error:  # whatever TensorBoard raises is no reason to lose the run
            if not self._has_warned:
                log.warning(
                    "TensorBoard's files in %s cannot be written (%s). Training goes on; make room "
                    "or mend the folder",
                    *(self._tensorboard, first_line(error)),
                )
            self._has_warned = True


def losses_path(output: Path) -> Path:
    """Returns the path of the losses of a model file.

    It is `model.losses.csv` beside `model.h5`, and has any other suffix of the model file in its
    name, so that models never share it.

    Args:
        output: Path of the model file.
    """
    name = output.stem if output.suffix == H5_SUFFIX else output.name
    return output.with_name(f"{name}.losses.csv")


def write_losses(path: Path, history: Sequence[Mapping[str, float]]) -> None:
    """Writes a CSV table with one row per epoch: `epoch`, `loss` and, if validated, `val_loss`.

    Args:
        path: The file to write.
        history: The rows; see `Fitting.history`.

    Raises:
        AbnormalError: The file cannot be written.
    """
    with replacing(path) as partial:
        pd.DataFrame(list(history)).to_csv(partial, index=False)
