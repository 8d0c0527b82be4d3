"""When a checkpoint is due, and what happens if it cannot be written."""

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

    A checkpoint that cannot be written costs a warning, never the run.
    """

    def __init__(
        self,
        folder: Path,
        every_sec: float,
        keep: int,
        clock: Callable[[], float],
        replace: bool = False,
    ) -> None:
        """Starts the time to the first checkpoint.

        Args:
            folder: The folder of the checkpoints.
            every_sec: Seconds from one checkpoint to the next.
            keep: How many checkpoints are kept.
            clock: Returns seconds that only grow.
            replace: Whether the checkpoints already there belong to a run that this one replaces.
                They are removed when the first new one is whole, not before.
        """
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
        """Writes a checkpoint, due or not, and returns whether that worked."""
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
