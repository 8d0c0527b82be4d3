"""Tasks on the workers of a Dask scheduler, which finds them machines and repeats lost ones.

A task is given to Dask once a worker is free for it. A worker's death counts against all tasks that
it was given, and so one that kills its worker does no harm to those that would wait behind it.
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
from abnormal.tasks.run import Item, Result, Run, WorkerDiedError
from abnormal.tasks.shared import Look

ANSWER_SEC = 10.0

LOOK_SEC = 1.0
"""How often is looked whether there are more workers."""

_LOOKED_AT: set[str] = set()
"""In a worker's process: the runs whose first task it has had."""


@contextlib.contextmanager
def on_scheduler(address: str, look: Look) -> Iterator[Run]:
    """Connects to a scheduler.

    Args:
        address: `host:port`, as the scheduler prints it.
        look: Says what a worker lacks. All are asked now; one that comes later is asked before its
            first task.

    Raises:
        AbnormalError: It does not answer, or one of its workers lacks something.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
    asyncio.run(_demand_answer(address))
    with distributed.Client(address, timeout=ANSWER_SEC, set_as_default=False) as client:
        _demand_nothing_lacks(client, look)

        def run(
            task: Callable[[Item], Result], items: Sequence[Item]
        ) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
            try:
                yield from _run(client, look, task, items)
            except (concurrent.futures.CancelledError, CommClosedError) as error:
                raise AbnormalError(
                    f"The connection to the scheduler {address} is lost. Start it, and this program"
                    " again."
                ) from error

        yield run


async def _demand_answer(address: str) -> None:
    """Makes sure that it is a scheduler, which the client would wait for without an end."""
    options = distributed.Security().get_connection_args("client")
    try:
        async with asyncio.timeout(ANSWER_SEC):
            await (await connect(address, ANSWER_SEC, **options)).close()
    except Exception as error:  # whatever it is that listens there
        raise AbnormalError(
            f"No Dask scheduler answers at {address} ({str(error) or 'not in time'}). Expected: "
            "the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786."
        ) from None


def _demand_nothing_lacks(client: distributed.Client, look: Look) -> None:
    for worker, lacks in client.run(look, on_error="return").items():
        if lacks:
            raise AbnormalError(_lacking(worker, lacks))


def _lacking(worker: str, lacks: str | Exception) -> str:
    found = f"cannot tell what it sees ({lacks})" if isinstance(lacks, Exception) else lacks
    return (
        f"The worker {worker} {found}. All workers need this program in the same version, and the "
        "same folders at the same paths."
    )


def _run(
    client: distributed.Client, look: Look, task: Callable[[Item], Result], items: Sequence[Item]
) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
    waiting, run = iter(items), secrets.token_hex(8)
    given: dict[distributed.Future, Item] = {}
    while True:
        for item in itertools.islice(waiting, max(0, _workers(client) - len(given))):
            given[client.submit(_work, look, run, task, item, pure=False)] = item
        if not given:
            return
        for job in _done(client, list(given)):
            yield given.pop(job), _result_of(job)


def _done(
    client: distributed.Client, jobs: Sequence[distributed.Future]
) -> Iterable[distributed.Future]:
    """Waits until some are done, but not so long that nobody looks for more workers."""
    with client.as_current():
        try:
            return distributed.wait(jobs, LOOK_SEC, "FIRST_COMPLETED").done
        except TimeoutError:
            return ()


def _result_of(job: distributed.Future) -> Any:
    try:
        return job.result()
    except distributed.KilledWorker as error:
        tries = error.allowed_failures + 1
        return WorkerDiedError(f"each of the {tries} workers that tried it died")


def _workers(client: distributed.Client) -> int:
    return max(1, len(client.nthreads()))


def _work(look: Look, run: str, task: Callable[[Item], Result], item: Item) -> Result:
    """On the worker, which is looked at before its first task of a run."""
    if run not in _LOOKED_AT:
        if lacks := look():
            raise AbnormalError(_lacking(distributed.get_worker().address, lacks))
        _LOOKED_AT.add(run)
    return task(item)
