import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.live.frame import Moment
from abnormal.live.tracker import CLOSED, OPENED, UPDATED, LiveFrameScore, LiveTracker
from abnormal.scoring.alarm import Alarm


def moment(number, fps):
    return Moment(number, number / fps, 1e9 + number / fps)


def follow(scores, threshold, release, fps, missing=()):
    """All that is told of some scores; numbers in `missing` never came."""
    tracker, changes = LiveTracker(Alarm("fused", threshold, release), fps), []
    for number, score in enumerate(scores):
        if number not in missing:
            frame = LiveFrameScore(moment(number, fps), score, None, str(number))
            changes += [(number, *change) for change in tracker.add(frame)]
    return changes + [(len(scores), *change) for change in tracker.finish()]


SCORES = st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]) | st.floats(0, 1), max_size=80)


@given(
    SCORES,
    st.floats(0.1, 0.9),
    st.floats(0, 1),
    st.sampled_from([1.0, 4.0, 10.0, 25.0]),
    st.sets(st.integers(0, 79)),
)
def test_events_told_live_are_those_found_afterwards(scores, threshold, share, fps, missing):
    release = share * threshold
    seen = np.array([0.0 if n in missing else s for n, s in enumerate(scores)])
    expected = Alarm("fused", threshold, release).events(seen, fps)
    closed = [
        c for _, state, c in follow(scores, threshold, release, fps, missing) if state == CLOSED
    ]
    assert [(c.start.number, c.last.number + 1, c.peak.moment.number) for c in closed] == [
        (event.start, event.stop, event.peak) for event in expected
    ]
    for told, event in zip(closed, expected, strict=True):
        assert (told.peak.score, told.peak.detail) == (event.peak_score, str(event.peak))
        assert told.mean_score == pytest.approx(event.mean_score)


@pytest.mark.parametrize(("missing", "last"), [((), 6), ((3,), 2)])
def test_what_is_missing_ends_a_stretch_that_only_the_release_kept_up(missing, last):
    scores = [0.0, 1.0, 1.0, 0.6, 0.6, 0.6, 0.6, 0.0]
    ((_, _, event),) = [
        change for change in follow(scores, 0.8, 0.5, 5.0, missing) if change[1] == CLOSED
    ]
    assert event.last.number == last


@given(SCORES, st.floats(0.1, 0.9), st.sampled_from([1.0, 5.0]))
def test_each_event_is_opened_once_and_closed_once_and_one_at_a_time(scores, threshold, fps):
    states = [state for _, state, _ in follow(scores, threshold, threshold / 2, fps)]
    told = "".join({OPENED: "(", UPDATED: ".", CLOSED: ")"}[state] for state in states)
    assert told.replace(".", "") == "()" * told.count("(")
    assert ")." not in told


def test_it_is_told_as_soon_as_it_is_long_enough_and_closed_when_nothing_can_join_it():
    scores = [0, 1, 1, 1, 1, 1, 1] + [0] * 60
    changes = follow(scores, 0.5, 0.5, 25.0)
    assert [(number, state) for number, state, _ in changes] == [(5, OPENED), (6 + 1 + 51, CLOSED)]


def test_a_higher_peak_is_told_but_not_all_the_time():
    scores = np.linspace(1, 2, 60)
    changes = follow(scores, 0.5, 0.5, 8.0)
    assert [(number, state) for number, state, _ in changes] == [
        *((1, OPENED), (17, UPDATED), (33, UPDATED), (49, UPDATED), (60, CLOSED))
    ]
    assert changes[1][2].peak.score == scores[17]


def test_an_event_is_over_when_no_frame_comes_any_more():
    tracker = LiveTracker(Alarm("fused", 0.5, 0.5), 10.0)
    for number in range(5):
        tracker.add(LiveFrameScore(moment(number, 10.0), 1.0))
    assert tracker.is_open
    assert tracker.skip_to(25) == []
    ((state, event),) = tracker.skip_to(26)
    assert (state, event.last.number, tracker.is_open) == (CLOSED, 4, False)
