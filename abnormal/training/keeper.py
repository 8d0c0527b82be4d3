"""When a checkpoint is due, and what happens if it cannot be written."""

import shutil
from collections.abc import Callable
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.training.checkpoints import Checkpoint, list_checkpoints, save_checkpoint

Clock = Callable[[], float]


class SilentKeeper:
    """Where another host writes the checkpoints."""

    is_due = False

    def save(self, checkpoint: Checkpoint) -> bool:
        """Writes nothing: it is being written."""
        return True


class Keeper:
    """Writes checkpoints into a folder from time to time.

    A checkpoint that cannot be written costs a warning, never the run.
    """

    def __init__(
        self,
        folder: Path,
        every_sec: float,
        keep: int,
        clock: Clock,
        say: Callable[[str], None],
        replace: bool = False,
    ) -> None:
        """Begins to count the seconds.

        Args:
            folder: Where.
            every_sec: Seconds from one checkpoint to the next.
            keep: How many are kept.
            clock: Seconds that only grow.
            say: Tells the user something.
            replace: Whether those already there belong to a run that is being replaced. They go
                when the first new one is whole, not before.
        """
        self._folder = folder
        self._every_sec = every_sec
        self._keep = keep
        self._clock = clock
        self._say = say
        self._stale = list_checkpoints(folder) if replace else []
        self._last_sec = clock()

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next one."""
        return self._clock() - self._last_sec >= self._every_sec

    def save(self, checkpoint: Checkpoint) -> bool:
        """Writes a checkpoint and tells whether that worked."""
        self._last_sec = self._clock()
        try:
            path = save_checkpoint(self._folder, checkpoint, self._keep + len(self._stale))
        except (OSError, AbnormalError) as error:
            self._say(
                f"warning: no checkpoint could be written to {self._folder} ({error}). Training "
                "goes on, and the next one is tried when it is due; make room or mend the folder"
            )
            return False
        for old in self._stale:
            if old != path:
                shutil.rmtree(old, ignore_errors=True)
        self._stale = []
        return True
