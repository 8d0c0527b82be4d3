"""The loop of a watch: what is said each minute, and what ends it."""

from pathlib import Path

import pytest

from abnormal.errors import AbnormalError
from abnormal.live.clock import Clock
from abnormal.live.frame import ConnectionLost, Moment, ReaderFailed
from abnormal.live.run import _log_health
from tests.live.watch.watching import Watched, footage, frames_of


def test_the_minute_is_told_once_a_minute(detector):
    watched = Watched(detector)
    for now in (30.0, 60.0, 61.0, 119.0, 121.0):
        watched.now = now
        watched.watch.step(0)
    assert watched.minutes == 2


def test_each_minute_each_camera_has_a_line_and_what_has_moved_the_command(
    detector, monkeypatch, caplog
):
    caplog.set_level("INFO", "abnormal")
    watched = Watched(detector, cameras=2)
    monkeypatch.setattr(watched.monitors[1].drift, "warning", lambda _: "it has moved")
    _log_health(Path("m.h5"), watched.monitors, Clock())
    lines = [record.message for record in caplog.records]
    assert [line.split(":")[0] for line in lines] == ["c0", "c1", "c1"]
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO", "WARNING"]
    assert "c1: it has moved." in lines[2]
    assert "`python train_model.py --calibrate FOLDER --output m.h5`" in lines[2]


def test_a_bug_in_a_thread_of_a_camera_is_raised(detector):
    watched = Watched(detector)
    with pytest.raises(ZeroDivisionError):
        watched.give([ReaderFailed(ZeroDivisionError())])


def test_a_file_that_cannot_be_read_is_said(detector):
    watched = Watched(detector)
    with pytest.raises(AbnormalError, match=r"c0 cannot be watched: no video\."):
        watched.give([ConnectionLost(Moment(0, 0, 0), "no video", ended=True)])


def test_it_ends_when_all_files_have(detector):
    watched = Watched(detector)
    frames = list(frames_of(footage(33, ())))
    watched.give([*frames, ConnectionLost(frames[-1].moment, "the stream ended", ended=True)])
    watched.watch.run(lambda: False)
    assert watched.told == []
