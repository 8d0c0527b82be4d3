"""When the network runs, on how many clips at once, and what becomes of its output."""

import dataclasses

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.overlap import Overlap
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.regimes import Seen
from abnormal.live.run import _deliver
from abnormal.live.watch import LATE_SEC, warm_up
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from tests.live.watch.watching import (
    LENGTH,
    OF_NETWORK,
    RUNS,
    Watched,
    darkened,
    footage,
    frames_of,
    spans,
    with_network,
)


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
