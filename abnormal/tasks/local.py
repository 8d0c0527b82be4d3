"""Runs tasks on this machine, in threads or processes."""

import atexit
import contextlib
import multiprocessing.context
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from abnormal.tasks.run import Item, Result, RunTasks, WorkerDiedError


class _Worker(multiprocessing.context.SpawnProcess):
    """A process that does not run the caller's script again, as Python's own do at their start.

    It needs nothing of that script, which may have no `if __name__ == "__main__"`, come from stdin,
    or be gone.
    """

    def start(self) -> None:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            super().start()
        finally:
            sys.modules["__main__"] = script


class _Spawn(multiprocessing.context.SpawnContext):
    Process = _Worker


# Forked processes would inherit the locks that threads of this process hold.
_SPAWN = _Spawn()


def in_threads(count: int, stop: threading.Event) -> RunTasks:
    """Makes a function that runs tasks in threads of this process.

    Args:
        count: How many tasks run at a time.
        stop: Is set when nobody waits for the results any more, after an error or Ctrl-C. Tasks
            that take long should check it.
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


def in_processes(count: int) -> RunTasks:
    """Makes a function that runs tasks in a pool of processes.

    When a process of the pool dies, it is not known which task is to blame. All tasks that were
    not done by then are repeated, each in a process of its own.

    Args:
        count: How many tasks run at a time.
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
            finally:  # after Ctrl-C no further task is started
                pool.shutdown(wait=False, cancel_futures=True)
        with ThreadPoolExecutor(count) as pools:
            repeated = pools.map(lambda item: _run_alone(task, item), unfinished)
            yield from zip(unfinished, repeated, strict=True)

    return run


def _run_alone(task: Callable[[Item], Result], item: Item) -> Result | WorkerDiedError:
    """Runs a task in a process of its own, so that only this task can have killed it."""
    with _pool(1) as pool:
        job: Future[Result] = pool.submit(task, item)
        with contextlib.suppress(BrokenProcessPool):
            return job.result()
    return WorkerDiedError("the process that read it was killed")


class TaskProcess:
    """A process that runs one task after the other.

    The process starts with its first task. It ignores Ctrl-C and SIGTERM, which a terminal and
    systemd send to all processes of a program; it ends at once when `end` is called or when this
    process dies. (A `ProcessPoolExecutor` with one process could not be ended in this way: before
    Python 3.11.5 it waits for ever if a task is still being sent to the process.)
    """

    def __init__(self, low_priority: bool) -> None:
        """Prepares for tasks.

        Args:
            low_priority: Whether it gets the processor time that nobody else wants, which on a busy
                machine may be none at all.
        """
        self._low_priority = low_priority
        self._process: BaseProcess | None = None
        self._ended = False
        self._lock = threading.Lock()
        atexit.register(self.end)  # at exit, multiprocessing would wait for the process

    def run(
        self, task: Callable[..., Result], *arguments: object, within_sec: float | None = None
    ) -> Result:
        """Runs a task in the process and waits for the result. Only one thread may call this.

        Args:
            task: A picklable function.
            *arguments: Its picklable arguments.
            within_sec: After how many seconds it is given up; None for never.

        Raises:
            TimeoutError: It was given up, and its process killed.
            WorkerDiedError: The process was killed; a new one starts with the next task. Or `end`
                was called.
            Exception: Whatever the task raised.
        """
        connection, late = self._connect(), threading.Event()

        def give_up() -> None:
            late.set()
            self._kill()

        # Not by a time limit of the connection: sending waits for the process, too.
        timer = threading.Timer(within_sec or 0, give_up)
        if within_sec is not None:
            timer.start()
        try:
            connection.send((task, arguments))
            result, error = connection.recv()
        except (EOFError, OSError):
            self._kill()
            if late.is_set():
                raise TimeoutError(f"it took more than {within_sec} s") from None
            raise WorkerDiedError("its process was killed") from None
        finally:
            timer.cancel()
        if error:
            raise error
        return result

    def end(self) -> None:
        """Kills the process, with the task that it works on; further tasks are refused."""
        with self._lock:
            self._ended = True
        self._kill()

    def _kill(self) -> None:
        with self._lock:
            if self._process:
                self._process.kill()
                self._process.join()
                self._process = None

    def _connect(self) -> Connection:
        """Returns the connection to the process, which is started if it does not run."""
        with self._lock:
            if self._ended:
                raise WorkerDiedError("its process was ended")
            if not self._process:
                self._connection, child_end = _SPAWN.Pipe()
                process = _SPAWN.Process(
                    target=_serve_tasks, args=(child_end, self._low_priority), daemon=True
                )
                with _signals_blocked():
                    process.start()
                self._process = process
                child_end.close()  # otherwise the death of the process would not be noticed
            return self._connection


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Processes that are started in the `with` block never receive Ctrl-C or SIGTERM."""
    resource_tracker.ensure_running()  # if it started in the block, it would unblock the signals
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve_tasks(connection: Connection, low_priority: bool) -> None:
    """Runs the tasks that come over a connection until it is closed."""
    # This thread has the usual priority: the process has to end even when the tasks get no time.
    threading.Thread(target=_exit_after_parent, daemon=True).start()
    if low_priority:
        _lower_priority()
    answer: tuple[object, Exception | None]
    with contextlib.suppress(EOFError):
        while True:
            task, arguments = connection.recv()
            try:
                answer = task(*arguments), None
            except Exception as error:
                answer = None, error
            connection.send(answer)


def _pool(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=_SPAWN, initializer=end_with_parent)


def end_with_parent() -> None:
    """Makes this process end on Ctrl-C without a traceback, and as soon as its parent has died."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_exit_after_parent, daemon=True).start()


def _lower_priority() -> None:
    os.nice(19)
    if hasattr(os, "SCHED_IDLE"):  # on Linux, where the container allows it
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _exit_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
