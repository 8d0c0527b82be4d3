import contextlib

import pytest

from abnormal.cli import test as program
from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.live import listeners
from abnormal.live.event import make_event
from abnormal.live.event_log import FILE_NAME
from abnormal.live.frame import Moment
from abnormal.live.listeners import LISTENERS, Listener, open_listeners
from abnormal.live.status import Watched
from abnormal.live.tracker import LiveFrameScore, OngoingEvent

WATCHED = Watched(["gate"])


@pytest.fixture
def event():
    at = Moment(1, 0.04, 1e9)
    ongoing = OngoingEvent(at, at, LiveFrameScore(at, 2.5), 2.5)
    return make_event("gate", "anomaly", "opened", ongoing)


@pytest.fixture
def radio(monkeypatch):
    """One more way to send events, and what came of it."""
    heard = []

    @contextlib.contextmanager
    def open_radio(value, output, watched):
        heard.append((value, output, watched.names))
        try:
            yield lambda event: heard.append(event.state)
        finally:
            heard.append("closed down")

    entry = Listener("CHANNEL", "say each event there", open_radio)
    monkeypatch.setitem(listeners.LISTENERS, "short_wave", entry)
    return heard


def test_those_that_are_asked_for_are_told_after_the_screen_and_the_log(event, radio, tmp_path):
    def show(told):
        assert not (tmp_path / FILE_NAME).read_text()
        radio.append(told.id)

    with open_listeners({"short_wave": "7", "webhook": None}, tmp_path, show, WATCHED) as tell:
        tell(event)
        assert len((tmp_path / FILE_NAME).read_text().splitlines()) == 1
    assert radio == [("7", tmp_path, ("gate",)), event.id, "opened", "closed down"]


def test_one_that_cannot_write_does_not_keep_the_others_from_being_told(
    event, radio, tmp_path, caplog
):
    def show(told):
        raise CannotWriteError("the disk is full")

    with open_listeners({"short_wave": "7"}, tmp_path, show, WATCHED) as tell:
        tell(event)
    assert radio[1:] == ["opened", "closed down"]
    assert caplog.messages == [f"{event.id}: the disk is full"]
    assert caplog.records[0].levelname == "WARNING"


def test_what_was_opened_is_closed_where_another_one_cannot_be_opened(radio, tmp_path, monkeypatch):
    late = LISTENERS["webhook"]
    monkeypatch.delitem(LISTENERS, "webhook")
    monkeypatch.setitem(LISTENERS, "webhook", late)
    options = {"short_wave": "7", "webhook": "ftp://host"}
    with (
        pytest.raises(AbnormalError, match="ftp://host is no http"),
        open_listeners(options, tmp_path, print, WATCHED),
    ):
        pass
    assert radio[-1] == "closed down"


def test_the_command_line_has_an_option_for_each(radio, capsys):
    with pytest.raises(SystemExit):
        program.main(["--help"])
    shown = capsys.readouterr().out
    assert "--alarm-command PROGRAM" in shown
    assert "--webhook URL" in shown
    assert "--mqtt URL" in shown
    assert "--short-wave CHANNEL" in shown
    assert "say each event there" in shown


@pytest.mark.parametrize("name", ["alarm_command", "webhook", "mqtt", "short_wave"])
def test_without_a_camera_each_is_refused(radio, name, capsys):
    option = f"--{name.replace('_', '-')}"
    assert program.main([option, "7"]) == 2
    assert f"{option} is for cameras" in capsys.readouterr().err
