"""Where tasks run: as the command line says."""

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

from abnormal.commands import install_command
from abnormal.errors import AbnormalError
from abnormal.tasks.run import Run
from abnormal.tasks.shared import shared


@contextlib.contextmanager
def chosen(scheduler: str | None, sources: Sequence[Path], output: Path) -> Iterator[Run | None]:
    """Gives what runs tasks on other machines; None where this one is to do it.

    Args:
        scheduler: Address of a Dask scheduler; None for this machine.
        sources: Files and folders that the tasks read; absolute.
        output: The folder that they write to; absolute.

    Raises:
        AbnormalError: The scheduler or its workers cannot be used.
    """
    if scheduler is None:
        yield None
        return
    if importlib.util.find_spec("distributed") is None:
        raise AbnormalError(
            f"--scheduler needs Dask. Install with `{install_command('dask')}`, here and where "
            "the workers are."
        )
    from abnormal.tasks.scheduler import on_scheduler

    with shared(sources, output) as look, on_scheduler(scheduler, look) as run:
        yield run
