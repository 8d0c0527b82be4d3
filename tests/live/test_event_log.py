import dataclasses
import json
import resource

import pytest

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.live.event import make_event
from abnormal.live.event_log import open_event_log
from abnormal.live.frame import Moment
from abnormal.live.tracker import LiveFrameScore, OngoingEvent

AT = Moment(1, 0.04, 1e9)
ONGOING = OngoingEvent(AT, AT, LiveFrameScore(AT, 2.5), 2.5)
EVENT = make_event("gate", "anomaly", "opened", ONGOING)


def test_each_run_appends(tmp_path):
    for _ in range(2):
        with open_event_log(tmp_path) as log:
            log(EVENT)
            # It is on the disk before anything else happens.
            last = (tmp_path / "events.jsonl").read_text().splitlines()[-1]
            assert json.loads(last)["camera"] == "gate"
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 2


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
    told = [json.loads(line)["id"] for line in path.read_text().splitlines()]
    assert told == [EVENT.id, "0", "1", "2", "3"]
