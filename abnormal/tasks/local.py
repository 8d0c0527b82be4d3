"""Tasks on this machine."""

import atexit
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

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
    it; `end` and the death of this process do, at once. (A pool of a single process could not be
    ended so: until Python 3.11.5 it waits for ever where a task is still on its way to it.)
    """

    def __init__(self) -> None:
        """The process begins with its first task."""
        self._process: BaseProcess | None = None
        self._over = False
        self._lock = threading.Lock()
        atexit.register(self.end)  # multiprocessing would wait for it then

    def run(self, task: Callable[..., Result], *given: object) -> Result:
        """Waits until it has done a task. One thread at a time may do so.

        Raises:
            WorkerDiedError: It was killed; with the next task another one begins.
            Exception: What the task raised.
        """
        connection = self._begun()
        try:
            connection.send((task, given))
            result, error = connection.recv()
        except (EOFError, OSError):
            with self._lock:
                self._kill()
            raise WorkerDiedError("its process was killed") from None
        if error:
            raise error
        return result

    def end(self) -> None:
        """Ends it and the task that it has."""
        with self._lock:
            self._over = True
            self._kill()

    def _kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.join()
            self._process = None

    def _begun(self) -> Connection:
        with self._lock:
            if self._over:
                raise WorkerDiedError("its process was ended")
            if not self._process:
                self._connection, its_end = _SPAWN.Pipe()
                process = _SPAWN.Process(target=_do_tasks, args=(its_end,), daemon=True)
                with _signals_held():
                    process.start()
                self._process = process
                its_end.close()  # so that its death is noticed here
            return self._connection


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Programs that begin in the block never get Ctrl-C and SIGTERM, from their first moment on."""
    resource_tracker.ensure_running()  # it would be begun in the block, and let them through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _do_tasks(connection: Connection) -> None:
    _be_idle()
    answer: tuple[object, Exception | None]
    with contextlib.suppress(EOFError):  # nobody wants more
        while True:
            task, given = connection.recv()
            try:
                answer = task(*given), None
            except Exception as error:
                answer = None, error
            connection.send(answer)


def _pool(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=_SPAWN, initializer=end_with_parent)


def end_with_parent() -> None:
    """Lets a process end on Ctrl-C without a traceback, and with the program if that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_await_parent, daemon=True).start()


def _be_idle() -> None:
    # This does not become idle: where the processors have nothing left, the process ends, too.
    threading.Thread(target=_await_parent, daemon=True).start()
    os.nice(19)
    if hasattr(os, "SCHED_IDLE"):  # Linux, where the container allows it
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
