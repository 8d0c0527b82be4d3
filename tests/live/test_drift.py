from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from abnormal.live.clock import Clock
from abnormal.live.drift import MIN_MINUTES, DriftWatch
from abnormal.live.run import _log_health

FPS = 5


def minutes(watch, count, share, begin=0):
    """So many minutes in which a share of the frames has a surprise above 1."""
    draw = np.random.default_rng(0)
    said = []
    for second in range(60 * begin, 60 * (begin + count)):
        surprises = np.where(draw.random(FPS) < share, 1.5, 0.2)
        watch.add(float(second), {"motion": surprises, "place": np.zeros(FPS)})
        if second % 60 == 0:
            said.append(watch.warning(float(second)))
    return [text for text in said if text]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2])
def test_what_is_as_it_was_is_not_said(share):
    assert minutes(DriftWatch(), 120, share) == []


def test_what_has_moved_is_said_once_an_hour():
    said = minutes(DriftWatch(), 150, 0.5)
    assert len(said) == 3
    assert "calm minutes 5" in said[0]
    assert "had a motion that 10 % had" in said[0]


def test_a_few_busy_minutes_are_no_drift():
    watch = DriftWatch()
    assert minutes(watch, 40, 0.1) == []
    assert minutes(watch, 15, 0.9, begin=40) == []
    assert minutes(watch, 60, 0.1, begin=55) == []


def test_nothing_is_said_of_a_few_minutes():
    assert minutes(DriftWatch(), MIN_MINUTES, 0.9) == []


def test_the_advice_says_that_the_watch_has_to_be_started_again(said):
    monitor = MagicMock()
    monitor.health.warning.return_value, monitor.drift.warning.return_value = "", "it has moved"
    _log_health(Path("m.h5"), [monitor], Clock())
    assert "and then start the watch again" in said[0]
