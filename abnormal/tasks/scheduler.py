"""Runs tasks on the workers of a Dask scheduler, which assigns them and repeats lost ones.

A task is submitted only when a worker is free for it. Dask counts a worker's death against all
tasks that were assigned to the worker, so a task that kills its worker would otherwise also count
against the tasks that wait behind it.
"""

import asyncio
import concurrent.futures
import contextlib
import itertools
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import distributed
from distributed.comm import CommClosedError, connect

from abnormal.errors import AbnormalError
from abnormal.tasks.run import Item, Result, RunTasks, WorkerDiedError
from abnormal.tasks.worker_check import WorkerCheck

ANSWER_SEC = 10.0
"""How long to wait for the scheduler to answer, in seconds."""

POLL_SEC = 1.0
"""How often to look for workers that have been added, in seconds."""

log = logging.getLogger(__name__)

_CHECKED_RUNS: set[str] = set()
"""In a worker's process: the runs for which this worker has passed the check."""


@contextlib.contextmanager
def connect_to_scheduler(address: str, check: WorkerCheck) -> Iterator[RunTasks]:
    """Connects to a Dask scheduler for the length of a `with` block.

    Args:
        address: Address of the scheduler as it prints it, such as `tcp://10.0.0.1:8786`.
        check: Is called on all workers now, and on workers that join later before their first task.

    Yields:
        The function that runs tasks on the workers.

    Raises:
        AbnormalError: The scheduler does not answer, or a worker does not pass the check.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
    asyncio.run(_require_answer(address))
    with distributed.Client(address, timeout=ANSWER_SEC, set_as_default=False) as client:
        _check_all_workers(client, check)

        def run(
            task: Callable[[Item], Result], items: Sequence[Item]
        ) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
            try:
                yield from _run_tasks(client, check, task, items)
            except (concurrent.futures.CancelledError, CommClosedError) as error:
                raise AbnormalError(
                    f"The connection to the scheduler {address} is lost. Start it, and this program"
                    " again."
                ) from error

        yield run


async def _require_answer(address: str) -> None:
    """Makes sure that a scheduler answers, for which the Dask client would wait without end."""
    options = distributed.Security().get_connection_args("client")
    try:
        async with asyncio.timeout(ANSWER_SEC):
            await (await connect(address, ANSWER_SEC, **options)).close()
    except Exception as error:  # depends on what listens at this address
        raise AbnormalError(
            f"No Dask scheduler answers at {address} ({str(error) or 'not in time'}). Expected: "
            "the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786."
        ) from None


def _check_all_workers(client: distributed.Client, check: WorkerCheck) -> None:
    for worker, problem in client.run(check, on_error="return").items():
        if problem:
            raise AbnormalError(_refusal(worker, problem))


def _refusal(worker: str, problem: str | Exception) -> str:
    if isinstance(problem, Exception):
        problem = f"cannot tell what it sees ({problem})"
    return (
        f"The worker {worker} {problem}. All workers need this program in the same version, and "
        "the same folders at the same paths."
    )


def _run_tasks(
    client: distributed.Client,
    check: WorkerCheck,
    task: Callable[[Item], Result],
    items: Sequence[Item],
) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
    waiting, run = iter(items), secrets.token_hex(8)
    submitted: dict[distributed.Future, Item] = {}
    is_told = False
    while True:
        workers = len(client.nthreads())
        for item in itertools.islice(waiting, max(0, max(1, workers) - len(submitted))):
            job = client.submit(_run_on_worker, check, run, task, item, pure=False)
            submitted[job] = item
        if not submitted:
            return
        if not workers and not is_told:
            address = client.scheduler.address
            log.info(
                "waiting for workers: %s has none. `dask worker %s` adds one", address, address
            )
            is_told = True
        for job in _finished(client, list(submitted)):
            yield submitted.pop(job), _result_of(job)


def _finished(
    client: distributed.Client, jobs: Sequence[distributed.Future]
) -> Iterable[distributed.Future]:
    """Waits until jobs are done, but no longer than the next look for added workers allows."""
    with client.as_current():
        try:
            return distributed.wait(jobs, POLL_SEC, "FIRST_COMPLETED").done
        except TimeoutError:
            return ()


def _result_of(job: distributed.Future) -> Any:
    try:
        return job.result()
    except distributed.KilledWorker as error:
        tries = error.allowed_failures + 1
        return WorkerDiedError(f"each of the {tries} workers that tried it died")


def _run_on_worker(
    check: WorkerCheck, run: str, task: Callable[[Item], Result], item: Item
) -> Result:
    """Runs a task in the worker's process, which is checked before its first task of a run."""
    if run not in _CHECKED_RUNS:
        if problem := check():
            raise AbnormalError(_refusal(distributed.get_worker().address, problem))
        _CHECKED_RUNS.add(run)
    return task(item)
