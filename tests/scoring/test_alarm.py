import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.names import FUSED
from abnormal.scoring.alarm import GAP_SEC, SHORTEST_SEC, Alarm, EventTracker
from abnormal.scoring.events import intervals
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.residual import SCORES

AT_HALF = Alarm("l2", 0.5, 0.5)


def places(events):
    return [(event.start, event.stop) for event in events]


def stretches(scores, alarm, fps):
    """Events as their definition says, with the whole video in view."""
    found = []
    for start, stop in intervals(scores > alarm.release):
        above = np.flatnonzero(scores[start:stop] > alarm.threshold)
        if not len(above):
            continue
        if found and start + above[0] - found[-1][1] <= GAP_SEC * fps:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start + int(above[0]), stop))
    return [f for f in found if f[1] - f[0] >= max(1, round(SHORTEST_SEC * fps))]


SERIES = st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]) | st.floats(0, 1), max_size=80)


@given(SERIES, st.floats(0.1, 0.9), st.floats(0, 1), st.sampled_from([1.0, 4.0, 10.0, 25.0]))
def test_events_are_those_of_the_definition(values, threshold, share, fps):
    scores, alarm = np.array(values), Alarm("l2", threshold, share * threshold)
    events = alarm.events(scores, fps)
    assert places(events) == stretches(scores, alarm, fps)
    for event in events:
        inside = scores[event.start : event.stop]
        assert event.mean_score == inside.mean()
        assert (event.peak_score, event.peak) == (inside.max(), event.start + inside.argmax())


@given(SERIES, st.floats(0.1, 0.9))
def test_an_alarm_is_a_frame_above_the_threshold(values, threshold):
    found = Alarm("l2", threshold, 0.0).frames(np.array(values))
    assert found.tolist() == [value > threshold for value in values]


@pytest.mark.parametrize("score", [FUSED, *LOCAL_SCORES, *SCORES])
def test_local_scores_and_what_is_fused_from_them_know_the_place(score):
    assert Alarm(score, 1.0, 1.0).is_local == (score not in SCORES)


def test_what_goes_on_is_known_before_it_has_ended():
    tracker = EventTracker(AT_HALF, fps=10.0)
    assert (tracker.add(0, 1.0), tracker.current) == ([], None)  # one frame is no event
    tracker.add(1, 3.0)
    event = tracker.current
    assert (event.start, event.last, event.peak, event.peak_score) == (0, 1, 1, 3.0)
    assert tracker.add(50, 0.0) == [event]
    assert tracker.current is None


def test_an_event_begins_above_the_threshold_and_ends_at_the_release():
    #          0    1    2    3    4    5    6    7
    scores = [0.2, 0.6, 0.9, 1.2, 0.8, 0.6, 0.5, 0.1]
    (event,) = Alarm("l2", 1.0, 0.5).events(np.array(scores), fps=2.0)
    assert (event.start, event.stop, event.peak) == (3, 6, 3)
    assert event.peak_score == 1.2
    assert event.mean_score == pytest.approx((1.2 + 0.8 + 0.6) / 3)


def test_what_never_reaches_the_threshold_is_no_event():
    assert Alarm("l2", 0.9, 0.5).events(np.full(9, 0.9), fps=2.0) == []


@pytest.mark.parametrize(("between", "events"), [(4, [(0, 8)]), (5, [(0, 2), (7, 9)])])
def test_gaps_of_up_to_two_seconds_are_closed(between, events):
    scores = np.array([1, 1, *[0] * between, 1, 1], float)
    assert places(AT_HALF.events(scores, fps=2.0)) == events


@pytest.mark.parametrize(("frames", "found"), [(4, 0), (5, 1)])
def test_what_is_shorter_than_a_fifth_of_a_second_is_none(frames, found):
    scores = np.zeros(100)
    scores[50 : 50 + frames] = 1
    assert len(AT_HALF.events(scores, fps=25.0)) == found


def test_a_slow_video_keeps_events_of_one_frame():
    assert places(AT_HALF.events(np.array([0, 1, 0.0]), fps=1.0)) == [(1, 2)]


def test_a_release_above_the_threshold_is_a_bug():
    with pytest.raises(ValueError, match="release of 2"):
        Alarm("l2", 1, 2)


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=60),
    st.floats(0.1, 0.9),
    st.floats(0, 1),
    st.sampled_from([1.0, 5.0]),
)
def test_events_lie_apart_and_hold_every_alarm_that_lasts(values, threshold, share, fps):
    scores = np.array(values)
    events = Alarm("l2", threshold, share * threshold).events(scores, fps)
    for event, after in itertools.pairwise(events):
        assert after.start - event.stop > 2 * fps
    for event in events:
        assert scores[event.start] > threshold
        assert scores[event.peak] == scores[event.start : event.stop].max()
    covered = np.zeros(len(scores), bool)
    for event in events:
        covered[event.start : event.stop] = True
    if fps == 1.0:
        assert covered[scores > threshold].all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.integers(1, 39), st.floats(0.1, 0.9))
def test_what_comes_later_does_not_change_when_an_event_began(values, cut, threshold):
    scores = np.array(values)
    alarm = Alarm("l2", threshold, threshold / 2)
    whole, begun = alarm.events(scores, fps=1.0), alarm.events(scores[:cut], fps=1.0)
    assert [e.start for e in whole if e.start < cut] == [e.start for e in begun]
