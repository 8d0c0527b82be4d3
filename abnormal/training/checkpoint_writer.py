"""Writes checkpoints at regular intervals, and carries on if one cannot be written."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.training.checkpoints import Checkpoint, list_checkpoints, save_checkpoint

log = logging.getLogger(__name__)


class NoCheckpoints:
    """Stands in for a `CheckpointWriter` where another host writes the checkpoints."""

    is_due = False

    def save(self, checkpoint: Checkpoint) -> bool:
        """Writes nothing, and reports success: the first host writes the same checkpoint."""
        return True


class CheckpointWriter:
    """Writes checkpoints into a folder from time to time.

    If a checkpoint cannot be written, there is a warning and the run goes on. The first checkpoint
    is due `every_sec` after the writer was made.

    Args:
        folder: Folder of the checkpoints.
        every_sec: Seconds from one checkpoint to the next.
        keep: Number of checkpoints to keep.
        clock: Returns the time in seconds, and never goes backwards.
        replace: Whether this run replaces the run whose checkpoints are in the folder. They are
            removed once the first new one is complete.
    """

    def __init__(
        self,
        folder: Path,
        every_sec: float,
        keep: int,
        clock: Callable[[], float],
        replace: bool = False,
    ) -> None:
        self._folder = folder
        self._every_sec = every_sec
        self._keep = keep
        self._clock = clock
        self._replaced = list_checkpoints(folder) if replace else []
        self._last_sec = clock()

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next checkpoint."""
        return self._clock() - self._last_sec >= self._every_sec

    def save(self, checkpoint: Checkpoint) -> bool:
        """Writes a checkpoint, whether or not it is due.

        Returns:
            Whether it was written. If not, a warning has been logged.
        """
        self._last_sec = self._clock()
        try:
            path = save_checkpoint(self._folder, checkpoint, self._keep + len(self._replaced))
        except (OSError, AbnormalError) as error:
            log.warning(
                "no checkpoint could be written to %s (%s). Training goes on, and the next one is "
                "tried when it is due; make room or mend the folder",
                self._folder,
                error,
            )
            return False
        for old in self._replaced:
            if old != path:
                shutil.rmtree(old, ignore_errors=True)
        self._replaced = []
        return True
