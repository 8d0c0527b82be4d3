import os
import signal
import socket
import subprocess
import sys

import pytest

from abnormal.errors import AbnormalError
from abnormal.training.lock import LOCK, locked

HOLD = """
import sys, time
from pathlib import Path
from abnormal.training.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_run_is_told_who_holds_the_folder(tmp_path, holder):
    who = rf"host {socket.gethostname()}, process {holder.pid}\..*--checkpoints"

    with pytest.raises(AbnormalError, match=who), locked(tmp_path):
        pass


def test_the_lock_of_a_dead_process_is_no_obstacle(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with locked(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{socket.gethostname()} {os.getpid()}\n"


def test_where_there_are_no_locks_the_name_inside_has_to_do(tmp_path, holder, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)

    with pytest.raises(AbnormalError, match=f"process {holder.pid}"), locked(tmp_path):
        pass
    holder.kill()
    holder.wait()
    with locked(tmp_path):
        pass


@pytest.mark.parametrize("inside", ["", "two words", "host", f"{socket.gethostname()} 4194305"])
def test_a_name_that_says_nothing_is_no_obstacle(tmp_path, monkeypatch, inside):
    (tmp_path / LOCK).write_text(inside)
    monkeypatch.setattr("fcntl.flock", lambda *_: (_ for _ in ()).throw(OSError(95, "no locks")))

    with locked(tmp_path):
        pass
