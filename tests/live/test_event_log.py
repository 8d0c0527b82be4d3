import dataclasses
import json
import os
import resource

import pytest

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.live.event import make_event
from abnormal.live.event_log import open_event_log
from abnormal.live.frame import Moment
from abnormal.live.tracker import LiveFrameScore, OngoingEvent

AT = Moment(1, 0.04, 1e9)
ONGOING = OngoingEvent(AT, AT, LiveFrameScore(AT, 2.5), 2.5)
EVENT = make_event("gate", "anomaly", "closed", ONGOING)


def told(path):
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_each_run_appends(tmp_path):
    for _ in range(2):
        with open_event_log(tmp_path) as log:
            log(EVENT)
            # It is on the disk before anything else happens.
            last = (tmp_path / "events.jsonl").read_text().splitlines()[-1]
            assert json.loads(last)["camera"] == "gate"
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize("half", ['{"id": "ga', json.dumps({"id": "before"})])
def test_half_a_line_of_a_run_that_lost_its_power_does_not_swallow_the_next(tmp_path, half):
    path = tmp_path / "events.jsonl"
    path.write_text(f"{EVENT.as_json()}\n{half}")
    with open_event_log(tmp_path) as log:
        log(EVENT)
    lines = path.read_text().splitlines()
    assert lines == [EVENT.as_json(), half, EVENT.as_json()]


def test_a_pipe_that_nobody_reads_and_a_circle_of_links_are_answered(tmp_path):
    os.mkfifo(tmp_path / "events.jsonl")
    with pytest.raises(AbnormalError, match=r"jsonl cannot be written: No such device"):
        open_event_log(tmp_path).__enter__()
    (tmp_path / "events.jsonl").unlink()
    (tmp_path / "events.jsonl").symlink_to("events.jsonl")
    with pytest.raises(AbnormalError, match=r"jsonl cannot be written: Too many levels"):
        open_event_log(tmp_path).__enter__()


def test_two_processes_do_not_share_a_folder(tmp_path):
    with open_event_log(tmp_path), pytest.raises(AbnormalError, match="Another process"):
        open_event_log(tmp_path).__enter__()
    with open_event_log(tmp_path):
        pass


def test_a_full_disk_is_said(tmp_path):
    (tmp_path / "events.jsonl").symlink_to("/dev/full")
    with open_event_log(tmp_path) as log, pytest.raises(CannotWriteError, match="No space left"):
        log(EVENT)


def test_what_finds_no_room_is_written_before_the_next_line_and_half_a_line_never(tmp_path):
    path = tmp_path / "events.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_event_log(tmp_path) as log:
        log(EVENT)
        text = path.read_text()
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(text) + 50, before[1]))
        try:
            for number in range(3):
                with pytest.raises(CannotWriteError, match="cannot be written"):
                    log(dataclasses.replace(EVENT, id=str(number)))
                assert path.read_text() == text
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        log(dataclasses.replace(EVENT, id="3"))
    assert told(path) == [EVENT.id, "0", "1", "2", "3"]


def test_lines_that_come_while_old_ones_are_removed_are_kept(tmp_path, monkeypatch):
    with open_event_log(tmp_path) as log:
        log(EVENT)
        between = [dataclasses.replace(EVENT, id="in between")]
        monkeypatch.setattr(
            "abnormal.live.event_log.os.fsync", lambda _: between and log(between.pop())
        )
        assert log.cut("2026") == 1
        monkeypatch.undo()
        log(dataclasses.replace(EVENT, id="after"))
    assert told(tmp_path / "events.jsonl") == ["in between", "after"]


def test_a_log_that_was_cut_is_still_locked_and_has_its_permissions(tmp_path):
    path = tmp_path / "events.jsonl"
    with open_event_log(tmp_path) as log:
        log(EVENT)
        path.chmod(0o600)
        log.cut("2026")
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(AbnormalError, match="Another process"):
            open_event_log(tmp_path).__enter__()


def test_lines_that_wait_for_room_come_after_what_is_left(tmp_path):
    path = tmp_path / "events.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_event_log(tmp_path) as log:
        log(EVENT)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, before[1]))
        try:
            with pytest.raises(CannotWriteError):
                log(dataclasses.replace(EVENT, id="waits"))
            log.cut("2026")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert path.read_text() == ""
        log(dataclasses.replace(EVENT, id="after"))
    assert told(path) == ["waits", "after"]


def test_a_log_elsewhere_stays_there_and_lines_of_nobody_stay(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "events.jsonl").symlink_to("disk/log")
    (tmp_path / "disk" / "log").write_text("# mine\n")
    with open_event_log(tmp_path) as log:
        log(EVENT)
        assert log.cut("2026") == 1
    assert (tmp_path / "events.jsonl").is_symlink()
    assert (tmp_path / "disk" / "log").read_text() == "# mine\n"


def test_a_log_that_somebody_moved_or_deleted_is_begun_anew_and_said_once(tmp_path, said):
    path, gone = tmp_path / "events.jsonl", tmp_path / "events.jsonl.1"
    numbered = [dataclasses.replace(EVENT, id=str(number)) for number in range(5)]
    with open_event_log(tmp_path) as log:
        log(numbered[0])
        path.rename(gone)
        log(numbered[1])
        log(numbered[2])
        assert (told(gone), told(path)) == (["0"], ["1", "2"])
        with pytest.raises(AbnormalError, match="Another process"):
            open_event_log(tmp_path).__enter__()
        path.unlink()
        assert log.cut("2026") == 0
        assert ["moved or deleted" in line for line in said] == [True, True]
        path.unlink()
        path.mkdir()
        with pytest.raises(CannotWriteError, match="Is a directory"):
            log(numbered[3])
        path.rmdir()
        log(numbered[4])
    assert told(path) == ["3", "4"]


def test_a_pipe_or_a_device_in_the_place_of_the_log_is_never_replaced(tmp_path):
    (tmp_path / "disk").mkdir()
    os.mkfifo(tmp_path / "disk" / "pipe")
    (tmp_path / "events.jsonl").symlink_to("disk/pipe")
    reading = os.open(tmp_path / "disk" / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with open_event_log(tmp_path) as log:
        log(EVENT)
        assert log.cut("2026") == 0
        assert os.read(reading, 10_000).decode() == f"{EVENT.as_json()}\n"
    os.close(reading)
    assert (tmp_path / "disk" / "pipe").is_fifo()
