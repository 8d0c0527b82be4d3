import os
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from abnormal.live.clips import ClipWriter
from abnormal.video.encode import open_timed_encoder

JPEGS = [cv2.imencode(".jpg", np.full((32, 48), grey, np.uint8))[1].tobytes() for grey in (9, 99)]


def pictures(count=2):
    return [(number / 5, JPEGS[number % 2]) for number in range(count)]


def ignore(reason):
    pass


@pytest.fixture
def clips(monkeypatch):
    for limit in ("PATIENCE_SEC", "CLOSE_SEC"):  # the machine may be busy
        monkeypatch.setattr(f"abnormal.live.clips.{limit}", 600)
    writer = ClipWriter(1)
    yield writer
    writer.close()


def process_of(clips, path):
    """The process that encodes, once it has encoded something."""
    clips.write(path, pictures(), ignore)
    while clips._waiting:
        time.sleep(0.01)
    assert path.exists()
    return clips._idle._process.pid


def begin(clips, path):
    """Gives it a clip that takes seconds, and waits until it has begun to encode it."""
    clips.write(path, pictures(10_000), ignore)
    while not list(path.parent.glob(".partial-*")):  # what is not finished has a name of its own
        time.sleep(0.001)


def test_it_gets_what_the_processor_has_left(clips, tmp_path):
    process = process_of(clips, tmp_path / "first.mp4")
    assert process != os.getpid()
    assert os.sched_getscheduler(process) == os.SCHED_IDLE


def test_signals_to_all_do_not_end_it(clips, tmp_path, said):
    process = process_of(clips, tmp_path / "first.mp4")
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process, number)
    assert process_of(clips, tmp_path / "second.mp4") == process
    assert said == []


def test_what_was_begun_is_finished_at_the_end_without_waiting_for_it(
    clips, tmp_path, said, monkeypatch
):
    here = []

    def noted(path):
        here.append(path)
        return open_timed_encoder(path)

    monkeypatch.setattr("abnormal.live.clips.open_timed_encoder", noted)
    process = process_of(clips, tmp_path / "first.mp4")
    paths = [tmp_path / f"{name}.mp4" for name in ("begun", "waiting")]
    begin(clips, paths[0])
    clips.write(paths[1], pictures(), ignore)
    clips.close()
    assert here == paths
    assert set(tmp_path.iterdir()) == {tmp_path / "first.mp4", *paths}
    assert not Path(f"/proc/{process}").exists()
    assert said == []


def test_a_clip_for_which_no_time_is_left_is_encoded_at_the_usual_priority(
    clips, tmp_path, said, monkeypatch
):
    stopped = process_of(clips, tmp_path / "first.mp4")
    monkeypatch.setattr("abnormal.live.clips.PATIENCE_SEC", 0.2)
    os.kill(stopped, signal.SIGSTOP)  # as if the machine were busy for ever
    paths = [tmp_path / f"{name}.mp4" for name in ("late", "behind", "last")]
    for path in paths[:2]:
        clips.write(path, pictures(), ignore)
    while clips._waiting:
        time.sleep(0.01)
    assert os.sched_getscheduler(clips._prompt._process.pid) == os.SCHED_OTHER
    assert clips._idle._process is None
    monkeypatch.setattr("abnormal.live.clips.PATIENCE_SEC", 600)
    process_of(clips, paths[2])  # the time that is left is tried again
    assert set(tmp_path.iterdir()) == {tmp_path / "first.mp4", *paths}
    assert said == []


def test_the_end_is_not_put_off_by_clips_for_ever(clips, tmp_path, said, monkeypatch):
    process_of(clips, tmp_path / "first.mp4")
    monkeypatch.setattr("abnormal.live.clips.CLOSE_SEC", -1)  # the time is over
    begin(clips, tmp_path / "begun.mp4")
    clips.write(tmp_path / "waiting.mp4", pictures(), ignore)
    clips.close()
    assert set(tmp_path.iterdir()) == {tmp_path / "first.mp4", tmp_path / "begun.mp4"}
    reason = "the program was ended before it was encoded"
    assert said == [f"left out: {tmp_path / 'waiting.mp4'}: {reason}"]


def test_what_cannot_be_written_at_the_end_is_said(clips, tmp_path, said):
    process_of(clips, tmp_path / "first.mp4")
    clips.write(tmp_path / "begun.mp4", pictures(10_000), ignore)
    clips.write(tmp_path / "bad.mp4", [], ignore)
    clips.close()
    assert said == [
        f"left out: {tmp_path / 'bad.mp4'}: {tmp_path / 'bad.mp4'} is not written: there is no "
        "frame to show."
    ]


def test_a_process_that_is_killed_costs_what_it_had_and_is_replaced(clips, tmp_path, said):
    process = process_of(clips, tmp_path / "first.mp4")
    begin(clips, tmp_path / "lost.mp4")
    os.kill(process, signal.SIGKILL)
    while clips._waiting or not said:
        time.sleep(0.01)
    assert list(tmp_path.iterdir()) == [tmp_path / "first.mp4"]
    assert said == [f"left out: {tmp_path / 'lost.mp4'}: the process that encodes was killed"]
    assert process_of(clips, tmp_path / "third.mp4") != process
    assert len(said) == 1


def test_a_second_ctrl_c_leaves_out_what_waits(clips, tmp_path, said, monkeypatch):
    process_of(clips, tmp_path / "first.mp4")
    begin(clips, tmp_path / "begun.mp4")
    clips.write(tmp_path / "waiting.mp4", pictures(), ignore)
    shutdown = clips._thread.shutdown

    def interrupted(wait=True, cancel_futures=False):
        shutdown(wait=False, cancel_futures=cancel_futures)
        if wait:
            raise KeyboardInterrupt

    monkeypatch.setattr(clips._thread, "shutdown", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clips.close()
    monkeypatch.undo()
    shutdown()
    assert set(tmp_path.iterdir()) == {tmp_path / "first.mp4", tmp_path / "begun.mp4"}
    assert said == [
        f"left out: {tmp_path / 'waiting.mp4'}: the program was ended before it was encoded"
    ]


@pytest.mark.parametrize("later", [(64, 96), (24, 48), (40, 16), (480, 640)])
def test_a_camera_that_changes_its_resolution_keeps_its_clip(clips, tmp_path, decoded, later):
    large = cv2.imencode(".jpg", np.full(later, 99, np.uint8))[1].tobytes()
    path, told = tmp_path / "a.mp4", []
    clips.write(path, [*pictures(), (0.4, large), (0.6, JPEGS[0])], told.append)
    clips.close()
    assert told == [""]
    _, shown, _ = decoded(path)
    assert [picture.shape for picture in shown] == [(32, 48, 3)] * 4
    assert abs(float(shown[2][14:18, 22:26].mean()) - 99) < 4
