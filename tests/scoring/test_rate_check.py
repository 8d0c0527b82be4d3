import numpy as np
import pytest
import scipy.stats

from abnormal.scoring.rate_check import (
    ASKED_SHARE,
    MOST_RAISED,
    PASSAGE_SEC,
    RateCheck,
    correct_surprise,
    share_above,
)

FPS = 10.0


def test_without_any_alarm_the_upper_limit_is_that_of_no_passage_of_the_assumed_length():
    share, low, high = share_above([np.zeros(500), np.zeros(500)], 2.0, FPS)
    assert (share, low) == (0, 0)
    assert high == pytest.approx(-np.log(0.025) * PASSAGE_SEC / 100)


def test_passages_of_one_length_have_the_exact_upper_limit_of_their_number():
    """Three passages of ten seconds in an hour, one of them with a gap of two."""
    values = np.zeros(round(3600 * FPS))
    for start in (100, 1000, 2000):
        values[round(start * FPS) : round((start + 10) * FPS)] = 3.0
    values = np.insert(values, round(1005 * FPS), np.zeros(round(2 * FPS)))
    share, _, high = share_above([values], 2.0, FPS)
    assert share == pytest.approx(30 / 3602)
    most = scipy.stats.chi2.ppf(0.975, 2 * (3 + 1)) / 2
    assert high == pytest.approx(10 * most / 3602)


@pytest.mark.parametrize("passage_sec", [1, 3, 8, 20])
@pytest.mark.parametrize("minutes", [5, 10, 20, 60])
def test_little_footage_does_not_call_a_camera_calm_for_luck(passage_sec, minutes):
    """A hundredth of the time is above, in passages of random beginning and length."""
    draw, covered = np.random.default_rng(minutes), 0
    seconds, fps = 60 * minutes, 5.0
    for _ in range(200):
        values = np.zeros(round(seconds * fps))
        for start in draw.random(draw.poisson(0.01 * seconds / passage_sec)) * len(values):
            values[int(start) : int(start + max(1, draw.exponential(passage_sec) * fps))] = 3.0
        _, low, high = share_above([values], 2.0, fps)
        covered += low <= 0.01 <= high
    assert covered >= 170


def test_a_single_odd_video_makes_the_interval_wide():
    odd = [np.full(100, 3.0 if number == 0 else 1.0) for number in range(20)]
    even = [np.where(np.arange(100) < 5, 3.0, 1.0) for _ in range(20)]
    of_odd, of_even = (share_above(values, 2.0, FPS) for values in (odd, even))
    assert of_odd[0] == of_even[0] == pytest.approx(0.05)
    assert of_odd[1] < of_even[1] < 0.05 < of_even[2] < of_odd[2]


def test_the_interval_contains_the_true_share_nearly_always():
    """Frames come in pieces of a second, and videos differ."""
    draw = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        shares = draw.beta(0.5, 12, 30)  # a mean of 0.04
        values = [
            np.repeat(np.where(draw.random(20) < share, 3.0, 0.0), round(FPS)) for share in shares
        ]
        _, low, high = share_above(values, 2.0, FPS)
        inside += low <= 0.04 <= high
    assert inside >= 180


@pytest.mark.parametrize("videos", [1, 2, 60])
def test_the_interval_is_as_good_if_the_footage_is_in_few_files(videos):
    """An hour of which 1 % is above, in passages of ten seconds."""
    draw, inside = np.random.default_rng(1), 0
    for _ in range(200):
        passages = np.where(draw.random(360) < 0.01, 3.0, 0.0)
        values = np.array_split(np.repeat(passages, round(10 * FPS)), videos)
        _, low, high = share_above(values, 2.0, FPS)
        inside += low <= 0.01 <= high
    assert inside >= 175


@pytest.mark.parametrize("videos", [[np.full(50, 3.0)], [np.full(5, 3.0), np.full(50, 3.0)]])
def test_footage_that_is_all_above_is_a_share_of_one(videos):
    share, low, high = share_above(videos, 2.0, FPS)
    assert (share, high) == (1, 1)
    assert 0 < low < 1


def exponential(count, decades_per_unit, seed=0):
    """Surprises of which a fraction of 10 ** (-x * decades_per_unit) is above x, in seconds."""
    uniform = np.random.default_rng(seed).random(count)
    return np.repeat(-np.log10(uniform) / decades_per_unit, round(FPS))


def test_too_few_alarms_are_made_up_for():
    held_out = list(exponential(2000, 1.0).reshape(20, -1) - 0.5)
    correction = correct_surprise(held_out, 2.0, FPS)
    assert correction == pytest.approx(0.5, abs=0.15)
    share, _, _ = share_above(held_out, 2.0 - correction, FPS)
    assert 0.6 * ASKED_SHARE < share <= ASKED_SHARE


def test_too_many_alarms_are_believed_as_far_as_they_are_proven():
    held_out = list(exponential(20_000, 1.0).reshape(20, -1) + 1.0)
    correction = correct_surprise(held_out, 2.0, FPS)
    assert -1.0 < correction < -0.7
    one_odd = [np.full(1000, 5.0 if number == 0 else 1.0) for number in range(20)]
    assert correct_surprise(one_odd, 2.0, FPS) == 0


def test_little_footage_corrects_nothing():
    assert correct_surprise([np.zeros(round(99 * FPS))], 2.0, FPS) == 0
    assert correct_surprise([np.zeros(round(100 * FPS))], 2.0, FPS) == MOST_RAISED


def test_the_rate_of_events_has_the_exact_interval():
    rate, low, high = RateCheck(0.01, 0.0, 0.02, 3, 1.5).events_per_hour
    assert rate == 2
    assert scipy.stats.poisson.sf(2, low * 1.5) == pytest.approx(0.025)
    assert scipy.stats.poisson.cdf(3, high * 1.5) == pytest.approx(0.025)
    assert RateCheck(0.0, 0.0, 0.1, 0, 1.0).events_per_hour == pytest.approx(
        (0, 0, 3.689), abs=0.01
    )


def test_it_says_what_it_found():
    assert str(RateCheck(0.009, 0.004, 0.018, 3, 1.5)) == (
        "0.9% [0.4%, 1.8%] of the frames are above the threshold for 1%; "
        "3 alarms in 1.5 hours, which are 2 [0.412, 5.84] an hour"
    )
