"""What is old, or takes too much room, is deleted, and nothing else."""

import dataclasses
import os

import pytest

from abnormal.cli import test as program
from abnormal.live.clock import format_stamp
from abnormal.live.event_log import open_event_log
from abnormal.live.listeners import open_listeners
from abnormal.live.retention import DAY_SEC, GB, Keep, Retention
from abnormal.live.status import Watched
from abnormal.live.tracker import OPENED
from abnormal.live.trusted_time import FILE_NAME
from tests.live.retention.keeping import INF, NOW, Clocks, clean, event_of, names_of


def test_what_is_old_is_deleted_with_all_that_belongs_to_it(kept):
    with open_event_log(kept.folder) as log:
        _, recent, newest = kept.fill(log, [40, 29, 0])
        clean(kept, log)
        assert kept.names() == names_of(recent, newest)
        assert kept.lines() == [recent, newest]
        log(event_of(1))  # it goes on in the new file
        assert len(kept.lines()) == 3


def test_what_is_too_much_is_deleted_the_oldest_first(kept):
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, [5, 4, 3, 2, 1], size=20_000)
        clean(kept, log, gigabytes=60_000 / GB)
        assert kept.lines() == events[3:]
        waiting = {f"webhook/000000000001-{event}-opened.json" for event in events}
        assert (
            kept.names() == names_of(*events[3:]) | waiting
        )  # these are small, and nobody has them
        clean(kept, log, gigabytes=60_000 / GB)
        assert kept.lines() == events[3:]


def test_a_log_that_is_too_long_by_itself_is_cut(kept):
    with open_event_log(kept.folder) as log:
        for hour in range(100, 0, -1):
            log(event_of(hour / 24))
        clean(kept, log, gigabytes=10_000 / GB)
        assert 5_000 < (kept.folder / "events.jsonl").stat().st_size < 10_000
        assert kept.lines()[-1] == event_of(1 / 24).id


def test_what_is_not_of_this_program_is_left_alone(kept):
    event = event_of(99).id
    others = {
        "clips/holiday.mp4",
        f"clips/{event}.mp4.bak",
        f"clips/{event}-mine.mp4",
        f"clips/{event}.jpg",
        f"clips/.partial-1@host-{event}.mp4",
        f"clips/.awaited-{event}.json",
        f"clips/old/{event}.mp4",
        "thumbnails/gate-1.jpg",
        f"thumbnails/{event}.png",
        f"{event}.mp4",
        f"webhook/{event}.json",
        "webhook/notes.txt",
        "scores.csv",
    }
    for name in others:
        kept.write(name)
    (kept.folder / f"clips/gate-{event}.mp4").symlink_to(kept.folder / "scores.csv")
    (kept.folder / f"clips/yard-{event}.mp4").mkdir()
    with open_event_log(kept.folder) as log:
        clean(kept, log, days=0.001, gigabytes=1e-9)
    assert kept.names() == others | {f"clips/gate-{event}.mp4"}
    assert (kept.folder / f"clips/yard-{event}.mp4").is_dir()


def test_a_line_that_is_no_text_and_a_folder_that_is_none_do_not_keep_the_rest(kept, said):
    kept.write("thumbnails")
    kept.write("webhook")
    kept.write("clips/gate-20200101T000000.000Z-anomaly.mp4")
    line = b'{"id": "g\xffte-20200101T000000.000Z-anomaly"}\n'
    (kept.folder / "events.jsonl").write_bytes(line)
    with open_event_log(kept.folder) as log:
        clean(kept, log)
    assert kept.names() == {"thumbnails", "webhook"}
    assert (kept.folder / "events.jsonl").read_bytes() == b""
    assert [text.partition("cannot be read: ")[2] for text in said[:2]] == ["Not a directory"] * 2


def test_what_belongs_to_an_event_that_goes_on_stays(kept):
    with open_event_log(kept.folder) as log:
        old, ongoing = kept.fill(log, [50, 40])
        log(event_of(40, OPENED))
        clean(kept, log, gigabytes=1e-9)
        assert ongoing in kept.lines()
        assert old not in kept.lines()
        assert f"clips/{ongoing}.mp4" in kept.names()
        assert f"clips/{old}.mp4" not in kept.names()


def test_without_limits_everything_is_kept(kept):
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, [4000, 0])
        clean(kept, log, days=INF)
        assert kept.names() == names_of(*events)
        assert kept.lines() == events


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_cannot_be_deleted_is_said(kept, said):
    with open_event_log(kept.folder) as log:
        kept.fill(log, [40])
        (kept.folder / "clips").chmod(0o500)
        clean(kept, log)
        assert "1 files cannot be deleted" in said[0]
        (kept.folder / "clips").chmod(0o700)


def test_a_clock_that_is_set_forward_deletes_nothing_for_a_day(kept, said):
    clocks = Clocks()
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, [1, 0])
        worker = Retention(kept.folder, Keep(30, INF), log, clocks.clock)
        clocks.utc += 3650 * DAY_SEC
        worker.clean(worker._time.utc())
        assert kept.lines() == events
        assert "set forward by 315360000 s, to 20" in said[0]
        clocks.pass_time(DAY_SEC + 60)
        worker.clean(worker._time.utc())
        assert kept.lines() == []
        assert len(said) == 1


def test_a_clock_that_is_set_back_is_believed_at_once(kept, said):
    clocks = Clocks()
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, [31, 29])
        worker = Retention(kept.folder, Keep(30, INF), log, clocks.clock)
        clocks.utc -= 5 * DAY_SEC
        worker.clean(worker._time.utc())
        assert kept.lines() == events
        assert "set back by 432000 s" in said[0]


def test_a_clock_that_is_ahead_when_the_program_starts_deletes_nothing_for_a_day(kept, said):
    clocks = Clocks()
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, [1, 0])

        def start():
            worker = Retention(kept.folder, Keep(30, INF), log, clocks.clock)
            worker.look(is_due=True)
            return worker

        start()
        clocks.pass_time(0.9 * DAY_SEC)
        start()
        assert said == []  # so long it may be away
        clocks.utc += 40 * DAY_SEC
        for _ in range(2):  # one run after the other believes the clock no more than the first
            worker = start()
            clocks.pass_time(0.4 * DAY_SEC)
            worker.look(is_due=True)
            assert kept.lines() == events
        assert ["what is old is deleted in a day" in text for text in said] == [True] * 2
        worker = start()
        clocks.pass_time(0.3 * DAY_SEC)
        worker.look(is_due=True)
        assert kept.lines() == []


@pytest.mark.parametrize("text", ["", "[1]", '{"utc": "now"}', '{"utc": 1e9, "waited_sec": NaN}'])
def test_if_it_is_not_known_when_the_program_last_ran_the_clock_is_believed(kept, text):
    (kept.folder / FILE_NAME).write_text(text)
    with open_event_log(kept.folder) as log:
        kept.fill(log, [40])
        Retention(kept.folder, Keep(30, INF), log, Clocks().clock).look(is_due=True)
        assert kept.lines() == []


def test_after_the_clock_was_ahead_for_a_while_what_comes_is_not_kept_for_longer(kept):
    """The identifiers then go on from the time that the clock had."""
    ahead = event_of(-365).id
    kept.write(f"clips/{ahead}.mp4")
    os.utime(kept.folder / f"clips/{ahead}.mp4", (NOW, NOW + 365 * DAY_SEC))
    began = {day: event_of(day).start_utc for day in (40, 1)}
    with open_event_log(kept.folder) as log:
        log(event_of(-365))
        for day, start_utc in began.items():
            name = ahead.replace(".000Z", f".{day:03}Z")
            log(dataclasses.replace(event_of(day), id=name, start_utc=start_utc))
            kept.write(f"clips/{name}.mp4")
            os.utime(kept.folder / f"clips/{name}.mp4", (NOW, NOW - day * DAY_SEC))
        clean(kept, log)
        recent = ahead.replace(".000Z", ".001Z")
        assert kept.names() == {f"clips/{ahead}.mp4", f"clips/{recent}.mp4"}
        assert kept.lines() == [ahead, recent]


def test_a_thread_does_it_while_cameras_are_watched(kept):
    with open_event_log(kept.folder) as log:
        kept.fill(log, [4000])  # by the clock of this machine, too
    with open_listeners({"keep_days": 0.5, "keep_gb": 1.0}, kept.folder, print, Watched()):
        pass
    assert kept.names() == set()
    assert kept.lines() == []


def test_an_event_goes_on_until_it_is_closed(kept):
    with open_event_log(kept.folder) as log:
        for event in (
            event_of(1, OPENED),
            event_of(2, OPENED),
            event_of(1),
            event_of(3, "amended"),
        ):
            log(event)
        assert log.ongoing == {event_of(2).id}


def test_stamps_sort_by_time():
    assert format_stamp(1e9) == "20010909T014640.000Z"
    assert format_stamp(1e9 - 0.001) < format_stamp(1e9) < format_stamp(2e9)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "much"])
@pytest.mark.parametrize("option", ["--keep-days", "--keep-gb"])
def test_what_is_no_limit_is_refused(option, value, capsys):
    with pytest.raises(SystemExit):
        program.main(["--source", "0", option, value])
    assert 'number above 0, or "inf"' in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--keep-days", "--keep-gb"])
def test_without_a_camera_there_is_nothing_to_keep(option, capsys):
    assert program.main([option, "inf"]) == 2
    assert f"{option} is for cameras" in capsys.readouterr().err
