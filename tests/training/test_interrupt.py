"""Each in a program of its own: a signal that nobody has caught ends no other test."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROLOGUE = """
import os, signal
from abnormal.training.interrupt import catching_signals

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background has none

def send(number):
    os.kill(os.getpid(), number)
"""


@pytest.fixture
def ended():
    """From the lines of a program to its exit code and what it printed."""

    def run(lines):
        process = subprocess.run(
            [sys.executable, "-c", PROLOGUE + lines],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return process.returncode, process.stdout.split()

    return run


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", "143"), ("SIGINT", "130")])
def test_a_signal_is_noted_with_the_exit_code_of_shells(ended, name, code):
    assert ended(f"""
with catching_signals() as interrupt:
    print(interrupt.signal, interrupt.poll())
    send(signal.{name})
    print(interrupt.signal == signal.{name}, interrupt.poll(), interrupt.exit_code)
""") == (0, ["0", "False", "True", "True", code])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_one_acts_at_once(ended, number):
    code, printed = ended(f"""
with catching_signals():
    send({int(number)})
    print("noted", flush=True)
    send({int(number)})
    print("too late")
""")
    assert (code, printed) == (-number, ["noted"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_afterwards_signals_do_what_they_did(ended, number):
    code, printed = ended(f"""
with catching_signals():
    pass
print("after", flush=True)
send({int(number)})
print("too late")
""")
    assert (code, printed) == (-number, ["after"])


def test_a_signal_that_comes_while_hosts_agree_is_for_the_next_time(ended):
    assert ended("""
others = iter([0, signal.SIGTERM])

def agree(mine):
    agreed = max(mine, next(others))
    if not agreed:
        send(signal.SIGINT)
    return agreed

with catching_signals(agree) as interrupt:
    print(interrupt.poll(), interrupt.signal == signal.SIGINT)
    print(interrupt.poll(), interrupt.signal == signal.SIGTERM)  # what all have agreed on
""") == (0, ["False", "True", "True", "True"])


def test_a_thread_has_no_signals(ended):
    code, printed = ended("""
import threading

def train():
    with catching_signals() as interrupt:
        print(interrupt.poll(), flush=True)

thread = threading.Thread(target=train)
thread.start()
thread.join()
send(signal.SIGTERM)
""")
    assert (code, printed) == (-signal.SIGTERM, ["False"])
