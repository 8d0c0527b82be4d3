"""Gaps, broken connections and faulty frames: what they do to clips and events."""

import dataclasses

import numpy as np
import pytest

from abnormal.live.frame import ConnectionLost
from tests.live.watch.watching import (
    FPS,
    OF_NETWORK,
    RUNS,
    SIZE,
    Watched,
    expected,
    footage,
    frames_of,
    spans,
    with_network,
)


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
