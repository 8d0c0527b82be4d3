import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from abnormal.tasks.local import TaskProcess, end_with_parent, in_processes, in_threads
from abnormal.tasks.run import WorkerDiedError


def test_workers_end_on_ctrl_c_without_a_traceback():
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    worker = spawn.Process(target=_wait_as_worker, args=(ready,))
    worker.start()
    ready.wait()
    os.kill(worker.pid, signal.SIGINT)
    worker.join()
    assert worker.exitcode == -signal.SIGINT


def _wait_as_worker(ready):
    end_with_parent()
    ready.set()
    time.sleep(600)


def _negative(number):
    if number == 13:
        os._exit(1)
    return -number


def test_a_task_that_kills_its_process_costs_no_other_one_its_result():
    numbers = [1, 2, 13, 4, 5]
    found = dict(in_processes(2)(_negative, numbers))
    assert isinstance(found.pop(13), WorkerDiedError)
    assert found == {1: -1, 2: -2, 4: -4, 5: -5}


def test_threads_begin_in_order_and_work_side_by_side():
    """The second task is done only if it runs beside the first one."""
    second, begun = threading.Event(), []

    def task(number):
        begun.append(number)
        if number == 1:
            assert second.wait(60)
        if number == 2:
            second.set()
        return -number

    found = list(in_threads(2, threading.Event())(task, [1, 2, 3]))
    assert sorted(found) == [(1, -1), (2, -2), (3, -3)]
    assert begun == [1, 2, 3]


def test_an_error_in_a_thread_ends_the_run_and_stops_the_others():
    stop, begun = threading.Event(), []

    def task(number):
        begun.append(number)
        if number == 1:
            raise ZeroDivisionError
        assert stop.wait(60)

    with pytest.raises(ZeroDivisionError):
        list(in_threads(2, stop)(task, range(1, 100)))
    assert stop.is_set()
    assert len(begun) < 5


@pytest.fixture
def idle():
    process = TaskProcess(low_priority=True)
    yield process
    process.end()


def test_a_low_priority_process_does_one_task_after_the_other_and_raises_what_they_raise(idle):
    process = idle.run(os.getpid)
    assert process != os.getpid()
    with pytest.raises(ValueError, match="'no number'"):
        idle.run(int, "no number")
    assert idle.run(os.getpid) == process


def test_a_task_that_takes_too_long_is_given_up_and_its_process_replaced(idle):
    process = idle.run(os.getpid)
    with pytest.raises(TimeoutError):
        idle.run(time.sleep, 600, within_sec=0.1)
    os.kill(another := idle.run(os.getpid), signal.SIGSTOP)  # does not even take the task
    with pytest.raises(TimeoutError):
        idle.run(len, bytes(10_000_000), within_sec=0.1)
    assert idle.run(os.getpid, within_sec=60) not in (process, another)


def test_a_low_priority_process_that_dies_is_replaced(idle):
    process = idle.run(os.getpid)
    with pytest.raises(WorkerDiedError):
        idle.run(_negative, 13)
    assert idle.run(os.getpid) != process


def test_a_low_priority_process_ends_with_a_task_still_on_its_way_to_it(idle):
    os.kill(idle.run(os.getpid), signal.SIGSTOP)  # gets no processor at all
    threading.Timer(0.2, idle.end).start()
    with pytest.raises(WorkerDiedError):
        idle.run(len, bytes(10_000_000))
    with pytest.raises(WorkerDiedError):
        idle.run(os.getpid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_low_priority_process_gets_no_signal_of_its_program(idle, number):
    first = threading.Thread(target=idle.run, args=(time.sleep, 0))
    first.start()
    while not idle._process:
        time.sleep(0.001)
    process = idle._process.pid
    os.kill(process, number)  # it has hardly begun
    first.join()
    assert idle.run(os.getpid) == process


def test_a_low_priority_process_ends_with_its_program_in_the_midst_of_a_task(tmp_path):
    script = """
import os, signal, threading, time
from abnormal.tasks.local import TaskProcess
if __name__ == "__main__":
    idle = TaskProcess(low_priority=True)
    print(idle.run(os.getpid), flush=True)
    threading.Thread(target=idle.run, args=(time.sleep, 600), daemon=True).start()
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    path = tmp_path / "run.py"
    path.write_text(script)
    # It inherits the pipes: they end when it does.
    done = subprocess.run(
        [sys.executable, path],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, b"")
    assert int(done.stdout) > 0


def test_processes_do_not_run_the_script_that_starts_them(tmp_path):
    path = tmp_path / "script.py"
    path.write_text("""
import os
from abnormal.tasks.local import TaskProcess, in_processes
print(sorted(in_processes(2)(abs, [-1, -2])), TaskProcess(low_priority=True).run(abs, -3))
""")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, path], check=False, capture_output=True, env=environment, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"[(-2, 2), (-1, 1)] 3\n", b"")
