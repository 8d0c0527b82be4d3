import fcntl
import os
import signal
import socket
import subprocess
import sys

import pytest

from abnormal.errors import AbnormalError
from abnormal.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from abnormal.lock import locked
with locked(Path(sys.argv[1]), "training run", "--checkpoints"):
    print("held", flush=True)
    time.sleep(60)
"""


def lock(folder):
    return locked(folder / "lock", "training run", "--checkpoints")


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_run_is_told_who_holds_the_folder(tmp_path, holder):
    who = rf"host {socket.gethostname()}, process {holder.pid}\..*--checkpoints"

    with pytest.raises(AbnormalError, match=who), lock(tmp_path):
        pass


def test_the_lock_of_a_dead_process_is_no_obstacle(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with lock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{socket.gethostname()} {os.getpid()}\n"


def test_the_file_goes_with_the_lock_and_is_locked_anew(tmp_path):
    for _ in range(2):
        with lock(tmp_path):
            assert list(tmp_path.iterdir()) == [tmp_path / "lock"]
            with pytest.raises(AbnormalError, match="Another training run"), lock(tmp_path):
                pass
        assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_run_removes_meanwhile_is_not_the_lock(tmp_path, monkeypatch):
    """Whoever came next would make a new file, and lock that one."""
    plain, removed = fcntl.flock, []

    def flock(file, operation):
        if not removed:
            removed.append((tmp_path / "lock").unlink())
        plain(file, operation)

    monkeypatch.setattr("fcntl.flock", flock)
    with lock(tmp_path), pytest.raises(AbnormalError, match="Another"), lock(tmp_path):
        pass
    assert removed == [None]


def test_where_there_are_no_locks_the_name_inside_has_to_do(tmp_path, holder, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)

    with pytest.raises(AbnormalError, match=f"process {holder.pid}"), lock(tmp_path):
        pass
    holder.kill()
    holder.wait()
    with lock(tmp_path):
        pass


@pytest.mark.parametrize("inside", ["", "two words", "host", f"{socket.gethostname()} 4194305"])
def test_a_name_that_says_nothing_is_no_obstacle(tmp_path, monkeypatch, inside):
    (tmp_path / "lock").write_text(inside)
    monkeypatch.setattr("fcntl.flock", lambda *_: (_ for _ in ()).throw(OSError(95, "no locks")))

    with lock(tmp_path):
        pass
