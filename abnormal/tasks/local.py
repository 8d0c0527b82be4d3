"""Tasks on this machine."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event

from abnormal.tasks.run import Item, Result, Run, WorkerDiedError

# Forked processes would inherit the locks of this one's threads.
_SPAWN = multiprocessing.get_context("spawn")


def in_threads(count: int, stop: threading.Event) -> Run:
    """Tasks in threads of this process.

    Args:
        count: How many at a time.
        stop: Set once nobody waits for the tasks any more, after an error or Ctrl-C; long ones
            should look at it.
    """

    def run(
        task: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
        with ThreadPoolExecutor(count) as pool:
            jobs = {pool.submit(task, item): item for item in items}
            try:
                for job in as_completed(jobs):
                    yield jobs[job], job.result()
            finally:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)

    return run


def in_processes(count: int) -> Run:
    """Tasks in processes of their own.

    When one of them dies it is not known whose fault it was: all tasks that were not done by then
    are repeated, each in a process that it has for itself.

    Args:
        count: How many at a time.
    """

    def run(
        task: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Result | WorkerDiedError]]:
        unfinished = []
        with _pool(count) as pool:
            jobs = {pool.submit(task, item): item for item in items}
            try:
                for job in as_completed(jobs):
                    if isinstance(job.exception(), BrokenProcessPool):
                        unfinished.append(jobs[job])
                    else:
                        yield jobs[job], job.result()
            finally:  # after Ctrl-C no further task is begun
                pool.shutdown(wait=False, cancel_futures=True)
        with ThreadPoolExecutor(count) as pools:
            alone = pools.map(lambda item: _alone(task, item), unfinished)
            yield from zip(unfinished, alone, strict=True)

    return run


def _alone(task: Callable[[Item], Result], item: Item) -> Result | WorkerDiedError:
    with _pool(1) as pool:
        job: Future[Result] = pool.submit(task, item)
        with contextlib.suppress(BrokenProcessPool):
            return job.result()
    return WorkerDiedError("the process that read it was killed")


class IdleProcess:
    """A process that does one task after the other, with what the processors have left.

    Ctrl-C and SIGTERM, which a terminal and systemd send to all processes of a program, do not end
    it; `end` and the death of this process do, at once.
    """

    def __init__(self) -> None:
        """The process begins with its first task."""
        self._over = _SPAWN.Event()
        self._pool = ProcessPoolExecutor(
            1, mp_context=_SPAWN, initializer=_be_idle, initargs=(self._over,)
        )

    def submit(self, task: Callable[..., Result], *given: object) -> Future[Result]:
        """Gives it a task.

        Raises:
            BrokenProcessPool: It was killed. So do the tasks that it had.
        """
        return self._pool.submit(task, *given)

    def end(self) -> None:
        """Ends it; tasks that were not done fail with `BrokenProcessPool`."""
        self._over.set()
        self._pool.shutdown()


def _pool(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=_SPAWN, initializer=end_with_parent)


def end_with_parent() -> None:
    """Lets a process end on Ctrl-C without a traceback, and with the program if that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_await_parent, daemon=True).start()


def _be_idle(over: Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # These do not become idle: where the processors have nothing left it still ends at once.
    threading.Thread(target=_await_parent, daemon=True).start()
    threading.Thread(target=_await_end, args=(over,), daemon=True).start()
    os.nice(19)
    if hasattr(os, "SCHED_IDLE"):  # Linux, where the container allows it
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _await_end(over: Event) -> None:
    over.wait()
    os._exit(0)


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
