"""Frames become events: without cameras, and with a clock that is moved by hand."""

import contextlib
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.errors import AbnormalError  # noqa: E402
from abnormal.inference import videos  # noqa: E402
from abnormal.inference.detector import Detector  # noqa: E402
from abnormal.inference.dismiss import dismiss, measure_event  # noqa: E402
from abnormal.inference.overlap import Overlap, SplitNetwork  # noqa: E402
from abnormal.inference.reconstruct import ClipReconstructor  # noqa: E402
from abnormal.inference.regimes import Seen  # noqa: E402
from abnormal.inference.score import frame_scores, residuals  # noqa: E402
from abnormal.inference.score_video import score_video  # noqa: E402
from abnormal.inference.stream import FrameScorer, ResidualStream  # noqa: E402
from abnormal.live.address import Camera  # noqa: E402
from abnormal.live.clock import Clock  # noqa: E402
from abnormal.live.frame import ConnectionLost, LiveFrame, Moment, ReaderFailed  # noqa: E402
from abnormal.live.mailbox import Mailbox  # noqa: E402
from abnormal.live.monitor import CameraMonitor  # noqa: E402
from abnormal.live.run import _deliver, _log_health  # noqa: E402
from abnormal.live.segment import Segment  # noqa: E402
from abnormal.live.watch import LATE_SEC, WatchLoop, warm_up  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.names import FUSED  # noqa: E402
from abnormal.scoring.alarm import Alarm  # noqa: E402
from abnormal.scoring.calibration import Calibration, Normality  # noqa: E402
from abnormal.scoring.local import LOCAL_SCORES  # noqa: E402
from abnormal.scoring.surprise import learn_surprise  # noqa: E402
from abnormal.video.flow import FlowMeter  # noqa: E402

FPS, LENGTH, SIZE = 5.0, 5, 48
DRAW = np.random.default_rng(0)
SCENE = DRAW.integers(60, 190, (SIZE, SIZE), np.uint8)
ALARM = Alarm("motion", 2.0, 1.0)
OF_NETWORK = Alarm("change", 2.0, 1.0)


def darkened(clips):
    darkened.sizes.append(len(clips))
    return clips / 2


@pytest.fixture
def detector():
    levels = {name: np.full((6, 6), 1.0, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(DRAW.random(500)))
    calibration = Calibration({}, {}, {"": Normality(levels, surprises)}, 9, (), held_out=True)
    darkened.sizes = []
    return Detector("m", ModelInfo("cae", LENGTH, SIZE, FPS), darkened, calibration)


def with_network(detector, reconstruct):
    return dataclasses.replace(detector, reconstruct=reconstruct)


def footage(count, running):
    """A scene of noise in which a square runs in some frames."""
    images = np.repeat(SCENE[None], count, axis=0)
    for number in (one for one in running if one < count):
        left = 5 * number % (SIZE - 12)
        images[number, 20:32, left : left + 12] = 240
    return images


def frames_of(images, first=0, faulty=()):
    meter, before = FlowMeter(), None
    for index, image in enumerate(images):
        speed = None if before is None else meter(before, image)
        before = image
        number = first + index
        moment = Moment(number, number / FPS, 1e9 + number / FPS)
        yield LiveFrame(moment, number / FPS, image, speed, "blurred" if index in faulty else "")


class Watched:
    """Some cameras that are watched, and a clock."""

    def __init__(self, detector, cameras=1, ignored=None, alarm=ALARM):
        self.now, self.told, self.minutes = 0.0, [], 0
        self.mailbox = Mailbox(cameras, capacity=1000, clip_length=1, hop=1)
        self.monitors = [
            CameraMonitor(
                Camera(f"c{number}", "0"), detector, alarm, self.told.append, None, ignored,
            )
            for number in range(cameras)
        ]  # fmt: skip
        clock = Clock(lambda: self.now, lambda: 1e9 + self.now)
        self.watch = WatchLoop(
            self.monitors, self.mailbox, detector.reconstruct, clock, self.minute,
            detector.info.clip_length,
        )  # fmt: skip

    def minute(self):
        self.minutes += 1

    def give(self, messages, camera=0):
        for message in messages:
            _deliver(self.monitors[camera], self.mailbox, camera, message)
            self.now = max(self.now, getattr(message, "arrival_sec", 0.0))
            self.watch.step(0)

    def end(self):
        self.watch.run(lambda: True)
        return self.closed()

    def closed(self, kind="anomaly", camera="c0"):
        return [
            event
            for event in self.told
            if (event.kind, event.camera, event.state) == (kind, camera, "closed")
        ]


def spans(events):
    return [(round(event.start_sec * FPS), round(event.end_sec * FPS)) for event in events]


def expected(detector, images, ignored=None):
    """What is found in a file."""
    normality = detector.calibration.normality("")
    length, stream = detector.info.clip_length, ResidualStream(ignored=ignored)
    clips = residuals(images, detector.reconstruct, length, stream)
    scores = frame_scores(clips, FrameScorer(FPS, normality)).causal["motion"]
    events = ALARM.events(scores, FPS)
    return [(event.start, event.stop - 1) for event in events]


RUNS = [*range(30, 45), *range(70, 83)]


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


@pytest.mark.parametrize(
    ("exact", "seen"),
    [
        (True, [{50}, {50}, {50}, {100}, {100}, {200}]),
        (False, [{50}, {100}, {200}]),  # what is still is seen once
    ],
)
def test_no_clip_reaches_over_a_gap_and_every_frame_is_in_one(detector, exact, seen):
    clips = []
    network = with_network(detector, lambda some: (clips.extend(some), some)[1])
    watched = Watched(dataclasses.replace(network, exact=exact), alarm=OF_NETWORK)
    for grey, first, count in ((50, 0, 12), (100, 20, 7), (200, 28, 3)):
        images = np.full((count, SIZE, SIZE), grey, np.uint8)
        watched.give(frames_of(images, first=first))
    watched.end()
    greys = [set((255 * np.unique(clip)).round().astype(int).tolist()) for clip in clips]
    assert greys == seen
    assert len(watched.monitors[0].health._latencies_sec) == 12 + 7 + 3


def test_events_on_both_sides_of_a_gap_are_the_same_ones(detector):
    images = footage(120, RUNS)
    frames = list(frames_of(images))
    watched = Watched(detector)
    watched.give(frames[:52])
    watched.give([ConnectionLost(frames[52].moment, "gone")])
    watched.give([frames[60]._replace(speed=None), *frames[61:]])
    assert spans(watched.end()) == expected(detector, images)


def test_a_connection_that_breaks_is_told_and_so_is_its_return(detector):
    frames = list(frames_of(footage(60, ())))
    watched = Watched(detector)
    watched.give(
        [
            *frames[:20],
            ConnectionLost(frames[22].moment, "gone"),
            ConnectionLost(frames[25].moment, "refused"),
        ]
    )
    watched.give(frames[30:])
    states = [(e.kind, e.state, e.start_sec, e.end_sec, e.detail) for e in watched.told]
    assert states == [
        ("disconnected", "opened", 19 / FPS, 22 / FPS, "gone"),  # from the last frame on
        ("disconnected", "closed", 19 / FPS, 30 / FPS, "gone"),
    ]
    assert watched.monitors[0].health.reconnects == 1


def test_an_event_is_closed_although_no_frame_comes_any_more(detector):
    frames = list(frames_of(footage(60, RUNS)))
    watched = Watched(detector)
    watched.give([*frames[:41], ConnectionLost(frames[41].moment, "gone")])
    watched.now = 40 / FPS + 2.0
    watched.watch.step(0)
    assert not watched.closed()
    watched.now += 0.5
    watched.watch.step(0)
    assert spans(watched.closed()) == [(32, 40)]


def test_while_the_gate_is_shut_nothing_is_an_anomaly(detector):
    watched = Watched(detector)
    faulty = range(28, 46)
    watched.give(frames_of(footage(120, RUNS), faulty=faulty))
    assert spans(watched.end()) == expected(detector, footage(120, RUNS))[1:]
    assert spans(watched.closed("blurred")) == [(28, 45)]
    assert watched.closed("blurred")[0].peak_score is None


def test_what_is_ignored_raises_no_alarm(detector):
    ignored = np.zeros((SIZE, SIZE), bool)
    ignored[16:40] = True
    watched = Watched(detector, ignored=ignored)
    watched.give(frames_of(footage(120, RUNS)))
    assert watched.end() == []


def test_clips_of_several_cameras_go_through_the_network_together(detector):
    watched = Watched(detector, cameras=6, alarm=OF_NETWORK)
    for camera in range(6):
        for frame in frames_of(footage(LENGTH, ())):
            watched.mailbox.put(camera, frame)
    watched.watch.step(0)
    assert darkened.sizes == [4, 2]


@pytest.mark.parametrize(
    ("score", "exact", "regime", "sizes"),
    [
        *((name, False, 0, []) for name in ("motion", "place", "stay", "difference")),
        *((name, False, 0, [1]) for name in ("change", "appearance", "fused", "l2")),
        ("motion", True, 0, [1]),
        ("motion", False, None, [1]),  # learnt for all scores
    ],
)
def test_the_network_runs_where_the_alarm_or_an_unknown_regime_needs_it(
    detector, score, exact, regime, sizes
):
    watched = Watched(dataclasses.replace(detector, exact=exact), alarm=Alarm(score, 2.0, 1.0))
    frames = frames_of(footage(LENGTH, ()))
    watched.give(one._replace(seen=Seen(regime)) for one in frames)
    assert darkened.sizes == sizes


def test_each_camera_has_events_of_its_own(detector):
    watched = Watched(detector, cameras=2)
    watched.give(frames_of(footage(120, RUNS)), camera=0)
    watched.give(frames_of(footage(120, RUNS[15:])), camera=1)
    watched.end()
    assert (len(watched.closed()), len(watched.closed(camera="c1"))) == (2, 1)


def test_of_frames_that_are_dropped_faults_are_told_and_nothing_else(detector):
    watched = Watched(detector)
    faulty = range(50, 80)
    frames = frames_of(footage(120, RUNS), faulty=faulty)
    watched.give(
        frame._replace(is_dropped=True) if 25 <= frame.moment.number < 100 else frame
        for frame in frames
    )
    assert watched.end() == []
    assert spans(watched.closed("blurred")) == [(faulty[0], faulty[-1])]
    assert watched.monitors[0].health.report(75).startswith("c0: 45 frames, 75 dropped")


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


def test_an_output_that_is_not_finite_is_said(detector):
    watched = Watched(with_network(detector, lambda clips: clips * np.nan), alarm=OF_NETWORK)
    with pytest.raises(AbnormalError, match="not finite"):
        watched.give(frames_of(footage(LENGTH, ())))


def test_a_network_that_gives_no_numbers_is_said_before_a_camera_is_opened(detector):
    with pytest.raises(AbnormalError, match="not finite"):
        warm_up(with_network(detector, lambda clips: clips + np.inf), 1)


def test_the_network_is_compiled_for_each_size_before_it_is_needed(detector):
    warm_up(detector, 7)
    assert darkened.sizes == [1, 2, 3, 4]


@pytest.mark.parametrize("length", [1, LENGTH])
def test_what_is_late_is_scored_without_the_network_and_still_an_alarm(detector, length):
    """The machine is busy for some seconds, in which somebody runs."""
    detector = dataclasses.replace(
        detector, info=dataclasses.replace(detector.info, clip_length=length)
    )
    images, alarm = footage(120, RUNS), Alarm(FUSED, 2.0, 1.0)
    in_time, late = Watched(detector, alarm=alarm), Watched(detector, alarm=alarm)
    in_time.give(frames_of(images))
    darkened.sizes.clear()
    ran = []
    for frame in frames_of(images):
        late.now = frame.arrival_sec + (LATE_SEC + 0.1) * (30 <= frame.moment.number < 90)
        late.give([frame])
        ran.append(len(darkened.sizes))
    assert 0 < ran[29] == ran[89] < ran[-1]
    found = late.end()
    assert spans(found) == spans(in_time.end())
    assert len(found) == 2
    status = late.monitors[0].status.now()
    assert (status.frames, status.without_network) == (120, 60)
    assert (
        late.monitors[0]
        .health.report(0, 60)
        .startswith("c0: 120 frames, 0 dropped, 60 without the network, latency")
    )
    assert in_time.monitors[0].status.now().without_network == 0


def test_the_network_runs_for_all_cameras_in_turn_if_there_is_no_time_for_all(detector):
    cameras = 6
    watched = Watched(detector, cameras, alarm=Alarm(FUSED, 2.0, 1.0))

    def takes_long(clips):
        watched.now += LATE_SEC + 0.1
        return clips / 2

    watched.watch._reconstructor = ClipReconstructor(takes_long)
    images = footage(60, range(60))
    for frame in frames_of(images):
        watched.now = frame.arrival_sec
        for camera in range(cameras):
            _deliver(watched.monitors[camera], watched.mailbox, camera, frame)
        watched.watch.step(0)
    left_out = [monitor.status.without_network for monitor in watched.monitors]
    assert max(left_out) - min(left_out) <= LENGTH
    assert sum(left_out) == pytest.approx(60 * cameras / 3, abs=2 * LENGTH)


@pytest.mark.parametrize(
    ("score", "changes", "runs"),
    [
        ("fused", {}, "in time"),
        ("motion", {}, "never"),
        ("change", {}, "always"),
        ("l2", {}, "always"),
        ("fused", {"exact": True}, "always"),
        ("motion", {"exact": True}, "always"),
        ("fused", {"overlap": Overlap(2, None)}, "always"),
    ],
)
def test_the_network_runs_on_what_the_alarm_needs(detector, score, changes, runs):
    watched = Watched(dataclasses.replace(detector, **changes), alarm=Alarm(score, 2.0, 1.0))
    assert watched.monitors[0]._network_use().value == runs


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
    segment, found = Segment(single, "0", None, "motion"), []
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


def test_live_events_of_clips_of_one_frame_are_those_of_the_file(detector):
    single = dataclasses.replace(detector, info=dataclasses.replace(detector.info, clip_length=1))
    images = footage(120, [0, 1, 2, 3, *RUNS])
    watched = Watched(single)
    watched.give(frames_of(images))
    found = watched.end()
    assert spans(found) == expected(single, images)
    assert found
    assert len(watched.monitors[0].health._latencies_sec) == 120
