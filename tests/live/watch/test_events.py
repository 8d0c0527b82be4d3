"""Live events are those of the file, and each camera has its own."""

import contextlib
import dataclasses
import json

import numpy as np
import pytest

from abnormal.inference import videos
from abnormal.inference.dismiss import dismiss, measure_event
from abnormal.inference.overlap import Overlap, SplitNetwork
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.score_video import score_video
from abnormal.inference.stream import FrameScorer, ResidualStream, concatenated
from abnormal.live.segment import Segment
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.local import LOCAL_SCORES
from tests.live.watch.watching import (
    ALARM,
    FPS,
    LENGTH,
    RUNS,
    SIZE,
    Watched,
    darkened,
    expected,
    footage,
    frames_of,
    spans,
)


@pytest.mark.parametrize("count", [120, 123])
def test_live_events_are_those_of_the_file(detector, count):
    images = footage(count, RUNS)
    watched = Watched(detector)
    watched.give(frames_of(images))
    found = watched.end()
    assert spans(found) == expected(detector, images)
    assert len(found) == 2
    assert next(event.state for event in watched.told if event.id == found[0].id) == "opened"


def test_a_dismissed_event_is_none_at_once_and_its_video_is_not_needed(detector):
    images = footage(160, [*RUNS, *range(110, 125)])
    kept, watched = {}, Watched(detector)
    monitor = watched.monitors[0]
    monitor.keep_cells = kept.__setitem__
    frames = list(frames_of(images))
    watched.give(frames[:65])
    (event,) = watched.closed()
    frames_of_event = round(event.start_sec * FPS), round(event.end_sec * FPS)

    @contextlib.contextmanager
    def open_frames(size, fps):
        yield videos.ModelFrames(iter(images), FPS)

    video = videos.InputVideo("v", open_frames)
    again = measure_event(detector, video, frames_of_event, ALARM)
    for name, cells in kept[event.id].largest.items():
        np.testing.assert_allclose(cells, again.largest[name])

    dismissed = dismiss(detector.calibration, kept[event.id], {"event": event.id})
    monitor.use(dismissed)
    watched.give(frames[65:90])
    assert len(watched.closed()) == 1  # the same again, but it is normal now
    monitor.use(dismissed.with_dismissed(()))
    watched.give(frames[90:])
    assert spans(watched.end()) == [expected(detector, images)[number] for number in (0, 2)]


def test_what_goes_on_when_it_is_stopped_is_closed(detector):
    watched = Watched(detector)
    watched.give(frames_of(footage(41, RUNS)))
    (event,) = watched.end()
    assert event.end_sec == 40 / FPS


def test_what_is_ignored_raises_no_alarm(detector):
    ignored = np.zeros((SIZE, SIZE), bool)
    ignored[16:40] = True
    watched = Watched(detector, ignored=ignored)
    watched.give(frames_of(footage(120, RUNS)))
    assert watched.end() == []


def test_each_camera_has_events_of_its_own(detector):
    watched = Watched(detector, cameras=2)
    watched.give(frames_of(footage(120, RUNS)), camera=0)
    watched.give(frames_of(footage(120, RUNS[15:])), camera=1)
    watched.end()
    assert (len(watched.closed()), len(watched.closed(camera="c1"))) == (2, 1)


def test_each_camera_has_its_own_threshold(detector):
    calm = Alarm("motion", 1e9, 1e9)
    alarm = dataclasses.replace(ALARM, cameras={"lively": calm})
    watched = Watched(detector, cameras=2, alarm=alarm, known_as=["", "lively"])
    for camera in (0, 1):
        watched.give(frames_of(footage(120, RUNS)), camera)
    watched.end()
    assert (len(watched.closed()), len(watched.closed(camera="c1"))) == (2, 0)
    assert [monitor.status.threshold for monitor in watched.monitors] == [2.0, 1e9]


def test_an_event_is_one_line_of_json_and_one_sentence(detector):
    watched = Watched(detector)
    watched.give(frames_of(footage(120, RUNS)))
    event = watched.end()[0]
    line = event.as_json()
    assert "\n" not in line
    told = json.loads(line)
    assert told["id"] == "c0-20010909T014646.400Z-anomaly"
    assert told["start_utc"] == "2001-09-09T01:46:46.400Z"
    assert 0 <= min(told["box"]) <= max(told["box"]) <= 1
    assert told["thumbnail"] is None
    assert event.as_message().startswith("c0: anomaly closed after ")
    opened = next(event for event in watched.told if event.state == "opened")
    assert opened.as_message().startswith("c0: anomaly opened at 2001-09-09T01:46:46.400Z")


@pytest.mark.parametrize("is_split", [False, True])
def test_clips_that_overlap_are_scored_sooner_and_as_those_of_a_file(detector, is_split):
    last = [None]

    def decode(features):
        last[0] = features.shape
        return features[:, -3:] / 2

    split = SplitNetwork(lambda frames: frames, decode) if is_split else None
    overlapping = dataclasses.replace(detector, overlap=Overlap(2, split), exact=True)
    images, told = footage(40, range(14, 26)), []
    watched = Watched(overlapping)
    for frame in frames_of(images):
        watched.give([frame])
        told.append(watched.monitors[0].health.report(0).split()[1])
    assert told[:9] == [*"000050202"]
    live = watched.end()
    assert (last[0] is not None) == is_split

    frames = videos.ModelFrames(iter(images), FPS)
    video = videos.InputVideo("v", lambda size, fps: contextlib.nullcontext(frames))
    scored, _ = score_video(overlapping, video)
    expected = scored.events(ALARM)
    assert spans(live) == [(event.start, event.stop - 1) for event in expected]
    assert live
    assert live[0].peak_score == pytest.approx(expected[0].peak_score, abs=1e-4)


@pytest.mark.parametrize("first", [1, 2, 5])
def test_the_first_frames_of_clips_of_one_frame_have_the_speed_of_the_second(detector, first):
    """As in a file: in each segment, the first frame waits for the second one's speed."""
    single = dataclasses.replace(detector, info=dataclasses.replace(detector.info, clip_length=1))
    images = footage(40, range(40))
    segment, found = Segment(single, "0", None, ALARM), []
    for frame in frames_of(images[:first]):
        found += segment.add(frame)
    found += segment.finish()
    scored = [segment.score(residual) for residual in ClipReconstructor(darkened).add(
        [clip.window for clip in found]
    )]  # fmt: skip
    clips = residuals(images[:first], darkened, 1, ResidualStream())
    expected = frame_scores(clips, FrameScorer(FPS, single.calibration.normality("0")))
    assert [frame.moment.number for clip in found for frame in clip.new] == list(range(first))
    assert {*scored[0].causal} == {*LOCAL_SCORES, FUSED}
    for name in scored[0].causal:
        found_now = np.concatenate([part.causal[name] for part in scored])
        assert np.array_equal(found_now, expected.causal[name])
    speeds = [clip.window.speed[0] for clip in found]
    if first == 1:
        assert not speeds[0].any()
    else:
        assert speeds[0].any()
        assert np.array_equal(speeds[0], speeds[1])


@pytest.mark.parametrize("alarm", [Alarm(FUSED, 0.1, 0.05), Alarm("place", 2.0, 1.0)])
def test_the_places_in_a_segment_are_those_in_a_file(detector, alarm):
    images, known = footage(40, RUNS), detector.calibration.normality("0")
    segment, found = Segment(detector, "0", None, alarm), []
    for frame in frames_of(images):
        found += segment.add(frame)
    windows = [clip.window for clip in found]
    live = concatenated([segment.score(each) for each in ClipReconstructor(darkened).add(windows)])
    clips = residuals(images, darkened, LENGTH, ResidualStream())
    of_file = frame_scores(clips, FrameScorer(FPS, known, alarm=alarm))
    assert any(of_file.things)
    assert live.things == of_file.things
    assert np.array_equal(live.boxes, of_file.boxes)


def test_live_events_of_clips_of_one_frame_are_those_of_the_file(detector):
    single = dataclasses.replace(detector, info=dataclasses.replace(detector.info, clip_length=1))
    images = footage(120, [0, 1, 2, 3, *RUNS])
    watched = Watched(single)
    watched.give(frames_of(images))
    found = watched.end()
    assert spans(found) == expected(single, images)
    assert found
    assert len(watched.monitors[0].health._latencies_sec) == 120
