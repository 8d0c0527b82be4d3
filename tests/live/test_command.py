import json
import stat
import sys
import time
from pathlib import Path

import pytest

from abnormal.errors import AbnormalError
from abnormal.live.command import AlarmCommand
from abnormal.live.event import make_event
from abnormal.live.frame import Moment
from abnormal.live.tracker import LiveFrameScore, OngoingEvent


def event(number):
    at = Moment(number, number / 25, 1e9 + number)
    return make_event(
        "gate", "anomaly", "opened", OngoingEvent(at, at, LiveFrameScore(at, 2.5, None), 2.5)
    )


def program(folder, text):
    path = folder / "alarm program"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def give(caplog):
    """Gives events to a program, and what is said about it."""
    commands = []

    def run(path, events, timeout_sec=30.0, stop_sec=120.0):
        command = AlarmCommand(str(path), timeout_sec)
        commands.append(command)
        command.start()
        for one in events:
            command(one)
        command.stop(stop_sec)
        assert {record.levelname for record in caplog.records} <= {"WARNING"}
        return caplog.messages

    yield run
    for command in commands:  # what one that is too slow says belongs to no other test
        command.join(60)


def test_it_gets_each_event_on_stdin(tmp_path, capfd, give):
    seen = tmp_path / "seen"
    path = program(tmp_path, f"print('noise')\nopen({str(seen)!r}, 'a').write(sys.stdin.read())")
    assert give(path, [event(1), event(2)]) == []
    lines = [json.loads(line) for line in seen.read_text().splitlines()]
    assert lines == [json.loads(event(number).as_json()) for number in (1, 2)]
    assert capfd.readouterr().out == ""  # stdout is for events


def test_one_that_hangs_is_killed_with_its_children_and_the_next_event_is_given(tmp_path, give):
    seen = tmp_path / "seen"
    text = (
        f"open({str(seen)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "child = os.fork()\n"
        f"child and open({str(seen)!r}, 'a').write(f'{{child}}\\n')\n"
        "time.sleep(600)"
    )
    said = give(program(tmp_path, text), [event(1), event(2)], timeout_sec=5.0)
    assert len(said) == 2
    assert "took more than 5 s: killed" in said[0]
    processes = [int(line) for line in seen.read_text().split()]
    assert len(processes) == 4
    deadline = time.monotonic() + 30  # only the program itself is waited for, not its child
    while any(_runs(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(_runs(process) for process in processes)


def _runs(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def test_one_that_fails_or_does_not_read_is_said(tmp_path, give):
    (said,) = give(program(tmp_path, "os.close(0); sys.exit(7)"), [event(1)])
    assert "ended with 7 at gate-2" in said


def test_no_shell_is_asked(tmp_path):
    with pytest.raises(AbnormalError, match="is no program"):
        AlarmCommand(f"{program(tmp_path, '')} && touch {tmp_path / 'a'}")
    assert [path.name for path in tmp_path.iterdir()] == ["alarm program"]


def test_one_that_is_too_slow_does_not_keep_the_program_from_ending(tmp_path, give):
    path = program(tmp_path, "time.sleep(5)")
    said = give(path, [event(number) for number in range(5)], timeout_sec=1.0, stop_sec=0.1)
    assert "does not get the last events" in said[-1]


def test_an_unexpected_failure_is_said_and_the_next_event_is_given(tmp_path, give, monkeypatch):
    seen = tmp_path / "seen"
    path = program(tmp_path, f"open({str(seen)!r}, 'a').write(sys.stdin.read())")
    run_program, failures = AlarmCommand._run_program, [ValueError("embedded null byte")]

    def run_or_fail(command, one):
        if failures:
            raise failures.pop()
        run_program(command, one)

    monkeypatch.setattr(AlarmCommand, "_run_program", run_or_fail)
    (said,) = give(path, [event(1), event(2)])
    assert "could not be started (embedded null byte)" in said
    assert [json.loads(line)["id"] for line in seen.read_text().splitlines()] == [event(2).id]
