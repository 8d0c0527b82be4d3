import logging
import sys

import pytest

from abnormal.progress import LINE_SEC, Progress


@pytest.fixture
def clock():
    """A clock that is moved by hand."""

    class Clock:
        sec = 0.0

        def __call__(self):
            return self.sec

    return Clock()


@pytest.fixture
def lines(caplog):
    """What is logged from level INFO on."""
    caplog.set_level(logging.INFO, "abnormal")
    return lambda: [record.message for record in caplog.records]


def test_without_a_terminal_there_is_a_line_every_half_minute_and_one_at_the_end(clock, lines):
    with Progress("frames", 100, "calibration", clock=clock) as progress:
        for _ in range(100):
            clock.sec += LINE_SEC / 40
            progress.advance()
    shown = lines()
    assert len(shown) == 3
    assert shown[0] == "calibration:  40% 40/100 [00:30<00:45,  1.33 frames/s]"
    assert shown[-1].startswith("calibration: 100% 100/100 [01:15<00:00")


def test_slow_work_is_told_in_seconds_each_and_nothing_is_told_twice(clock, lines):
    with Progress("videos", 3, clock=clock) as progress:
        for _ in range(2):
            clock.sec += 45
            progress.advance()
    assert [line.split(", ")[1] for line in lines()] == ["45.00s/videos]"] * 2


def test_what_is_not_known_is_not_shown(clock, lines):
    with Progress("frames", clock=clock) as progress:
        clock.sec = 10
        progress.note = "loss 0.5"
        progress.advance(20)
    assert lines() == ["20 frames [00:10,  2.00 frames/s, loss 0.5]"]


def test_what_an_earlier_run_did_counts_but_not_for_the_speed(clock, lines):
    with Progress("frames", 100, done=60, clock=clock) as progress:
        clock.sec = 10
        progress.advance(20)
    assert lines() == ["80% 80/100 [00:10<00:10,  2.00 frames/s]"]


def test_work_that_was_not_begun_is_not_spoken_of(clock, lines):
    with Progress("frames", 100, clock=clock):
        clock.sec = 100
    assert lines() == []


def test_a_library_is_silent(clock, caplog):
    caplog.set_level(logging.WARNING, "abnormal")
    with Progress("frames", 10, clock=clock) as progress:
        clock.sec = 100
        progress.advance(10)
    assert not caplog.records


def test_a_terminal_has_a_bar(clock, lines, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("frames", 10, clock=clock) as progress:
        progress.title = "epoch 1/2"
        progress.advance(10)
    shown = capsys.readouterr().err
    assert "epoch 1/2: 100%|" in shown
    assert "10/10" in shown
    assert lines() == []
