import numpy as np
import pytest

from abnormal.evaluation.event_level import event_metrics
from abnormal.frames.gaps import Gap
from abnormal.scoring.events import Event


def event(start, stop):
    return Event(start, stop, start, 1.0, 1.0)


def truth(*stretches, frames=100):
    labels = np.zeros(frames, np.uint8)
    for start, stop in stretches:
        labels[start:stop] = 1
    return labels


def test_found_missed_late_and_false():
    labels = truth((10, 20), (30, 40), (50, 60), (70, 80))
    events = [event(5, 12), event(34, 36), event(38, 45), event(60, 65), event(90, 95)]
    metrics = event_metrics([events], [labels], [10.0])
    # 5-12 begins before the first; 34-36 is 4 frames late for the second; 60 is just behind the
    # third, so 60-65 touches nothing, like 90-95; the fourth is missed too.
    assert (metrics.true_events, metrics.found, metrics.missed) == (4, 2, 2)
    assert metrics.mean_delay_sec == pytest.approx((0 + 0.4) / 2)
    assert metrics.false_alarms == 2
    assert metrics.false_alarms_per_hour == pytest.approx(2 * 3600 / 6)  # in 60 normal frames


def test_an_event_that_ends_where_a_true_one_begins_has_not_found_it():
    metrics = event_metrics([[event(5, 10)]], [truth((10, 20))], [10.0])
    assert (metrics.found, metrics.false_alarms) == (0, 1)


def test_one_long_event_finds_all_that_it_covers():
    metrics = event_metrics([[event(0, 100)]], [truth((10, 20), (30, 40))], [10.0])
    assert (metrics.found, metrics.missed, metrics.false_alarms) == (2, 0, 0)


def test_more_than_half_of_the_frames_have_to_agree_if_that_is_asked_for():
    labels = truth((10, 20), (30, 40), (50, 70))
    events = [event(0, 15), event(34, 45), event(50, 55), event(58, 64)]
    # 5 of the 15 frames of 0-15 are abnormal, and 5 of the 10 of the first true event are covered;
    # 6 of the 11 of 34-45, and 6 of the 10 of the second; 5 of 5, 6 of 6, and 11 of 20 together.
    metrics = event_metrics([events], [labels], [10.0], overlap=0.5)
    assert (metrics.true_events, metrics.found, metrics.missed) == (3, 2, 1)
    assert metrics.false_alarms == 1
    assert metrics.mean_delay_sec == pytest.approx((0.4 + 0) / 2)


def test_videos_add_up_each_at_its_own_rate():
    metrics = event_metrics(
        [[event(0, 5)], [event(10, 15)], []],
        [truth(frames=36), truth((8, 20), frames=48), truth(frames=50)],
        [1.0, 2.0, 25.0],
    )
    assert (metrics.true_events, metrics.found, metrics.false_alarms) == (1, 1, 1)
    hours = (36 + 18 + 2) / 3600
    assert metrics.false_alarms_per_hour == pytest.approx(1 / hours)
    low, high = metrics.false_alarms_per_hour_interval  # of one event: 0.0253 to 5.572
    assert (low * hours, high * hours) == pytest.approx((0.0253, 5.572), rel=1e-3)
    assert metrics.mean_delay_sec == 1.0


def test_a_delay_counts_the_gap_within_it():
    """The true event begins at 3.0 s; the event at 62.0 s, two seconds after a gap."""
    events, labels, gaps = [event(70, 80)], truth((30, 90)), [Gap(50, 60.0)]
    metrics = event_metrics([events, []], [labels, truth()], [10.0, 10.0], [gaps, []])
    assert metrics.mean_delay_sec == pytest.approx(59.0)
    assert event_metrics([events], [labels], [10.0]).mean_delay_sec == pytest.approx(4.0)


def test_what_is_not_defined_is_none():
    everything = event_metrics([[]], [truth((0, 100))], [10.0])
    assert everything.false_alarms_per_hour is everything.false_alarms_per_hour_interval is None
    assert everything.mean_delay_sec is None
    assert (everything.missed, everything.found) == (1, 0)
