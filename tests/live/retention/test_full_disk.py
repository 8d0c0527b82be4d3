"""A disk that is full, by events or by something else."""

from collections import namedtuple

import pytest

from abnormal.live import retention
from abnormal.live.event_log import open_event_log
from abnormal.live.kept_files import KEPT, kept_files
from abnormal.live.retention import Keep, Retention
from tests.live.retention.keeping import INF, NOW, Clocks, clean, names_of

Disk = namedtuple("Disk", ("total", "used", "free"))


def on_disk(monkeypatch, free):
    """Makes the disk one of 1 MB, of which 50 kB should be free."""
    disk = Disk(1_000_000, 1_000_000 - free, free)
    monkeypatch.setattr(retention.shutil, "disk_usage", lambda _: disk)


@pytest.mark.parametrize(("free", "deleted"), [(49_000, 1), (32_000, 1), (20_000, 2)])
def test_on_a_disk_that_is_nearly_full_the_oldest_make_room_but_their_lines_stay(
    kept, monkeypatch, said, free, deleted
):
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, [4, 3, 2, 0], size=20_000)
        on_disk(monkeypatch, free)
        clean(kept, log)
        waiting = {f"webhook/000000000001-{event}-opened.json" for event in events}
        assert kept.names() == names_of(*events[deleted:]) | waiting
        assert kept.lines() == events
        assert "the disk is nearly full" in said[0]
        assert len(said) == 1


@pytest.mark.parametrize(
    ("days", "free"),
    [
        ([30, 20, 10], 1_000),  # more is missing than all of them take
        ([0.9, 0.5, 0.1], 49_000),  # little is missing, but these are of the last day
    ],
)
def test_for_a_disk_that_something_else_fills_nothing_is_deleted(
    days, free, kept, monkeypatch, said
):
    clocks = Clocks()
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, days, size=10_000)
        on_disk(monkeypatch, free)
        worker = Retention(kept.folder, Keep(INF, INF), log, clocks.clock)
        for _ in range(61):
            worker.look(is_due=False)
            clocks.pass_time(60)
        assert kept.names() == names_of(*events)
        assert kept.lines() == events
        assert ["so that nothing is deleted. Make room" in line for line in said] == [True] * 2


def test_what_lies_on_another_disk_is_not_deleted_for_this_one(kept, monkeypatch, said):
    with open_event_log(kept.folder) as log:
        events = kept.fill(log, [4, 3], size=20_000)
        on_disk(monkeypatch, free=30_000)
        elsewhere = [file._replace(device=-1) for file in kept_files(kept.folder, KEPT, NOW)]
        monkeypatch.setattr(retention, "kept_files", lambda *of: elsewhere if KEPT in of else [])
        clean(kept, log)
        assert kept.names() == names_of(*events)
        assert "takes 0 MB, so that nothing is deleted" in said[0]


def test_if_the_log_cannot_be_written_anew_the_old_one_stays_and_pictures_go(kept, monkeypatch):
    with open_event_log(kept.folder) as log:
        old, recent = kept.fill(log, [40, 1])

        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("abnormal.live.event_log.os.fsync", full)
        with pytest.raises(Exception, match="No space left"):
            clean(kept, log)
        assert kept.lines() == [old, recent]
        assert f"clips/{old}.mp4" not in kept.names()
        monkeypatch.undo()
        clean(kept, log)
        assert kept.lines() == [recent]
