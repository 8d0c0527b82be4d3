"""Chooses where tasks run, as the option `--scheduler` says."""

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

from abnormal.commands import install_command
from abnormal.errors import AbnormalError
from abnormal.tasks.run import RunTasks
from abnormal.tasks.worker_check import open_worker_check


@contextlib.contextmanager
def open_runner(
    scheduler: str | None, sources: Sequence[Path], output: Path
) -> Iterator[RunTasks | None]:
    """Opens the function that runs tasks on other machines, for the length of a `with` block.

    Args:
        scheduler: Address of a Dask scheduler; None to use this machine only.
        sources: Files and folders that the tasks read, as absolute paths.
        output: The folder that the tasks write to, as an absolute path.

    Yields:
        The function that runs tasks, or None if there is no scheduler.

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
    from abnormal.tasks.scheduler import connect_to_scheduler

    with (
        open_worker_check(sources, output) as check,
        connect_to_scheduler(scheduler, check) as run,
    ):
        yield run
