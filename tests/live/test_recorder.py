import dataclasses
import itertools
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from abnormal.live.clips import ClipWriter
from abnormal.live.event import event_id, make_event
from abnormal.live.frame import LiveFrame, Moment
from abnormal.live.recorder import (
    AFTER_SEC,
    BEFORE_SEC,
    LONGEST_SEC,
    Recorder,
    amend_events_of_killed_run,
)
from abnormal.live.tracker import CLOSED, OPENED, LiveFrameScore, OngoingEvent

FPS = 5.0


def moment(sec):
    return Moment(round(sec * FPS), sec, 1e9 + sec)


def jpeg(sec):
    """A picture whose grey tells the second, up to 50."""
    return cv2.imencode(".jpg", np.full((32, 48), 20 + 4 * (int(sec) % 50), np.uint8))[1].tobytes()


class Story:
    """Frames and events as a monitor passes them on."""

    def __init__(self, folder, clips):
        self.recorder = Recorder(folder, FPS, clips)
        self.amended = []
        self.recorder.amend = self.amended.append
        self.sec = 0.0

    def play(self, until_sec, fps=FPS):
        while self.sec < until_sec:
            frame = LiveFrame(moment(self.sec), 0, None, jpeg=jpeg(self.sec))
            self.recorder.add(frame)
            self.sec = round(self.sec + 1 / fps, 6)

    def tell(self, state, start_sec, last_sec, box=None):
        start, last = moment(start_sec), moment(last_sec)
        ongoing = OngoingEvent(start, last, LiveFrameScore(start, 3.0, box), 1.0)
        files = self.recorder.paths(event_id("gate", "anomaly", start))
        event = make_event("gate", "anomaly", state, ongoing, **files)
        return self.recorder.record(event, ongoing)


@pytest.fixture
def story(tmp_path):
    clips = ClipWriter(1)
    yield Story(tmp_path / "results", clips)
    clips.close()


def check_amended(story, event, reason):
    (amended,) = story.amended
    assert (amended.id, amended.state, amended.clip) == (event.id, "amended", None)
    assert reason in amended.detail
    assert amended.thumbnail == event.thumbnail
    assert not list(story.recorder._folder.glob("clips/.*"))


def seconds(path, decoded):
    """The seconds that a clip shows."""
    _, pictures, _ = decoded(path)
    return sorted({round((picture.mean() - 20) / 4) for picture in pictures})


def test_a_clip_has_what_was_before_and_after_its_event(story, decoded, said):
    story.play(40.6)
    event = story.tell(OPENED, 40, 40.4)
    story.play(45)
    story.tell(CLOSED, 40, 42)
    story.play(42 + AFTER_SEC)
    assert story.recorder._pending
    story.play(60)
    story.recorder._clips.close()
    shown = seconds(event.clip, decoded)
    assert (shown[0], shown[-1]) == (40 - BEFORE_SEC, 42 + AFTER_SEC)
    assert len(shown) == 12
    assert said == []


def test_a_long_event_has_a_clip_of_its_beginning(story, decoded):
    story.play(10)
    event = story.tell(OPENED, 10, 10.2)
    story.play(100)
    story.tell(CLOSED, 10, 99)
    story.recorder._clips.close()
    shown = seconds(event.clip, decoded)
    assert shown == list(range(10 - int(BEFORE_SEC), 10 - int(BEFORE_SEC) + int(LONGEST_SEC)))


def test_what_goes_on_when_the_program_ends_has_a_clip(story, decoded):
    story.play(20)
    event = story.tell(OPENED, 18, 19)
    story.recorder.finish()
    story.recorder._clips.close()
    assert seconds(event.clip, decoded) == list(range(13, 20))


def test_the_thumbnail_is_the_peak_with_a_box_around_the_place(story):
    story.play(30)
    event = story.tell(OPENED, 20, 21, box=(0.25, 0.25, 0.5, 0.5))
    picture = cv2.imread(event.thumbnail)
    assert picture.shape == (128, 192, 3)
    assert abs(int(picture[64, 96, 0]) - 100) < 6
    assert picture[32, 96, 2] > 180  # the box is red
    story.tell(OPENED, 20, 21)


def test_clips_that_are_too_many_are_left_out_and_said(story, said, monkeypatch):
    monkeypatch.setattr(story.recorder._clips, "_most_waiting", 0)
    story.play(20)
    event = story.tell(OPENED, 18, 19)
    story.recorder.finish()
    assert "clips wait for being encoded already" in said[0]
    check_amended(story, event, "0 clips wait for being encoded already")


def test_a_damaged_picture_costs_the_event_nothing_else(story, decoded, said):
    story.play(18)
    frame = LiveFrame(moment(18.0), 0, None, jpeg=jpeg(18.0)[:300])
    story.recorder.add(frame)
    story.sec = 18 + 1 / FPS
    story.play(20)
    event = story.tell(OPENED, 18, 19)
    assert cv2.imread(event.thumbnail).shape == (128, 192, 3)
    story.recorder.finish()
    story.recorder._clips.close()
    _, pictures, _ = decoded(event.clip)
    assert len(pictures) == (20 - 18 + BEFORE_SEC) * FPS - 1
    assert said == []


def test_a_camera_that_changes_its_size_keeps_its_clip(story, decoded, said):
    story.play(18)
    larger = cv2.imencode(".jpg", np.full((64, 96), 90, np.uint8))[1].tobytes()
    story.recorder.add(LiveFrame(moment(18.0), 0, None, jpeg=larger))
    event = story.tell(OPENED, 18, 18)
    story.recorder.finish()
    story.recorder._clips.close()
    _, pictures, _ = decoded(event.clip)
    assert {picture.shape for picture in pictures} == {(32, 48, 3)}
    assert said == []


def test_a_thumbnail_that_cannot_be_made_is_not_named(story):
    story.recorder.add(LiveFrame(moment(18.0), 0, None, jpeg=b"no picture"))
    assert story.tell(OPENED, 18, 18).thumbnail is None


def test_the_ring_does_not_grow(story):
    story.play(90)
    assert len(story.recorder._recent) == LONGEST_SEC * FPS


def test_of_a_slow_camera_and_of_one_that_is_away_no_older_pictures_are_kept(story):
    story.play(90, fps=0.5)
    assert [sec for sec, _ in story.recorder._recent] == [*range(58, 90, 2)]
    story.recorder.write_complete_clips(111.0)
    assert [sec for sec, _ in story.recorder._recent] == [82, 84, 86, 88]


def test_what_cannot_be_written_is_said_and_does_not_end_the_watch(story, said, tmp_path):
    (tmp_path / "results").write_text("a file is in the way")
    story.play(20)
    event = story.tell(OPENED, 18, 19)
    story.recorder.finish()
    story.recorder._clips.close()
    assert len(said) == 2
    assert all("cannot be made: a file is in its way" in text for text in said)
    assert event.thumbnail is None
    check_amended(story, event, "cannot be made")


@pytest.mark.parametrize("fps", [0.7, 2, 5, 12.5])
def test_a_clip_lasts_as_long_as_what_it_shows_whatever_the_camera_sends(story, fps):
    story.play(40, fps)
    event = story.tell(OPENED, 40, 40.4)
    story.play(43, fps)
    story.sec += 3.5  # the camera was away
    story.play(46.4, fps)
    story.tell(CLOSED, 40, 45)
    story.play(60, fps)
    story.recorder._clips.close()
    with av.open(event.clip) as clip:
        times = [frame.time for frame in clip.decode(video=0)]
        length_sec = clip.duration / 1e6
    assert length_sec == pytest.approx(times[-1], abs=0.21)
    first = next(n for n in range(1000) if n / fps >= 40 - BEFORE_SEC) / fps
    assert 45 + AFTER_SEC - 1 / fps - first - 0.01 <= times[-1] <= 45 + AFTER_SEC - first
    assert max(b - a for a, b in itertools.pairwise(times)) >= 3.5


def test_a_clip_is_written_although_no_picture_comes_any_more(story, decoded):
    story.play(42)
    event = story.tell(OPENED, 40, 40.4)
    story.tell(CLOSED, 40, 41)
    story.recorder.write_complete_clips(41 + AFTER_SEC - 0.1)
    assert story.recorder._pending
    story.recorder.write_complete_clips(41 + AFTER_SEC)
    story.recorder._clips.close()
    assert seconds(event.clip, decoded) == list(range(35, 42))
    assert story.amended == []
    assert not list(story.recorder._folder.glob("clips/.*"))


def test_an_event_that_goes_on_without_a_clip_names_none(story, monkeypatch):
    monkeypatch.setattr(story.recorder._clips, "_most_waiting", 0)
    story.play(10)
    event = story.tell(OPENED, 10, 10)
    story.play(50)
    check_amended(story, event, "clips wait")
    closed = story.tell(CLOSED, 10, 49)
    assert (closed.clip, closed.thumbnail) == (None, event.thumbnail)


def test_the_next_run_says_what_a_killed_one_has_not_written(story, tmp_path):
    story.play(20)
    lost, written = story.tell(OPENED, 18, 19), story.tell(OPENED, 12, 13)
    folder = tmp_path / "results"
    (folder / "clips" / ".awaited-damaged.json").write_text("[]")
    (folder / "clips" / ".awaited-gone.json").write_text("{")
    elsewhere = dataclasses.replace(lost, id="x/../../elsewhere").as_json()
    (folder / "clips" / ".awaited-elsewhere.json").write_text(elsewhere)
    long = dataclasses.replace(lost, id="long", clip="x" * 300).as_json()
    (folder / "clips" / ".awaited-long.json").write_text(long)
    Path(written.clip).write_text("a clip")
    amend_events_of_killed_run(folder, story.amended.append)
    check_amended(story, lost, "the program was killed")
    amend_events_of_killed_run(folder, story.amended.append)
    assert len(story.amended) == 1
