import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.scoring.surprise import MAX_SURPRISE, learn_surprise

samples = st.lists(st.floats(0, 100), min_size=1, max_size=300).map(np.array)


@settings(deadline=None)
@given(samples)
def test_a_higher_score_is_no_less_of_a_surprise(normal):
    learnt = learn_surprise(normal)
    surprises = learnt.of(np.linspace(-1, 300, 400))
    assert (np.diff(surprises) >= 0).all()
    assert np.isfinite(surprises).all()
    assert (surprises[0], surprises.max() <= MAX_SURPRISE) == (0, True)


@settings(deadline=None)
@given(samples, st.floats(0.05, 8))
def test_a_score_can_be_found_by_its_surprise(normal, surprise):
    learnt = learn_surprise(normal)
    below, above = learnt.of(learnt.score(surprise) + np.array([-1e-6, 1e-6]))
    assert below - 1e-3 <= surprise <= above + 1e-3


@pytest.mark.parametrize("frames", [500, 5_000, 200_000])
def test_a_surprise_is_what_share_of_normal_frames_reaches_a_score(frames):
    draw = np.random.default_rng(frames)
    learnt = learn_surprise(draw.exponential(2.0, frames))
    fresh = draw.exponential(2.0, 1_000_000)
    for surprise in (0.5, 1.0, 2.0, 3.0, 4.0):
        share = (fresh >= learnt.score(surprise)).mean()
        assert -np.log10(share) == pytest.approx(surprise, abs=0.1 + 0.06 * surprise)


def test_much_footage_is_counted_further_than_little():
    draw = np.random.default_rng(0)
    little, much = (learn_surprise(draw.random(count)) for count in (1000, 100_000))
    assert (max(little.surprises), max(much.surprises)) == pytest.approx((1, 2))
    assert much.score(2.0) == pytest.approx(0.99, abs=0.001)


def test_where_all_normal_frames_score_alike_only_more_is_a_surprise():
    learnt = learn_surprise(np.full(5000, 3.0), least_scale=0.5)
    assert learnt.of(np.array([0.0, 3.0])).tolist() == [0, 0]
    assert learnt.of(np.array([3.5])) == pytest.approx([np.log10(np.e)], rel=0.01)


def test_what_is_known_from_little_is_the_less_surprising():
    """The share of new frames beyond a score, over many learnings from a few frames each."""
    draw = np.random.default_rng(3)
    reached = []
    for _ in range(4000):
        learnt = learn_surprise(draw.exponential(1.0, 30))
        reached.append(learnt.of(draw.exponential(1.0, 1))[0])
    assert np.mean(np.array(reached) > 2.0) == pytest.approx(0.01, abs=0.006)
    frames = np.repeat(draw.exponential(1.0, 200), 25)
    alone, alike = learn_surprise(frames), learn_surprise(frames, alike=25.0)
    assert alike.exceedances == pytest.approx(alone.exceedances / 25)
    assert alike.of(np.array([12.0])) < alone.of(np.array([12.0]))


def test_most_frames_at_one_score_are_no_surprise_there():
    normal = np.concatenate((np.zeros(80), np.linspace(1, 2, 20)))
    learnt = learn_surprise(normal)
    assert learnt.of(np.array([0.0]))[0] < 0.1
    assert learnt.of(np.array([2.0]))[0] > 1


@pytest.mark.parametrize("busy", [0.3, 0.05, 0.02])
@pytest.mark.parametrize("frames", [5_000, 40_000])
def test_where_hardly_anything_moves_a_surprise_is_the_same_share_of_frames(frames, busy):
    draw = np.random.default_rng(7)

    def moving(count):
        return np.where(draw.random(count) < busy, draw.exponential(1.0, count), 0.0)

    learnt, fresh = learn_surprise(moving(frames)), moving(1_000_000)
    for surprise in (2.0, 3.0):
        share = (learnt.of(fresh) > surprise).mean()
        assert -np.log10(share) == pytest.approx(surprise, abs=0.25)
    assert learnt.of(np.zeros(1)) == 0


@pytest.mark.parametrize("share", [0.1, 0.05, 0.049, 0.02, 0.01, 0.005, 0.001])
@pytest.mark.parametrize("calm", [0.0, 0.2])
def test_the_surprise_of_a_largest_value_is_what_share_of_frames_reaches_it(share, calm):
    """As where there is a longest time that is counted. Rounding makes small differences."""
    frames, fps = 200_000, 10
    draw = np.random.default_rng(3)
    normal = calm * draw.random(frames)
    normal[: round(share * frames)] = 1.2 - 1e-13 * draw.random(round(share * frames))
    learnt = learn_surprise(normal, fps, 0.02)
    assert learnt.of(np.array([1.2]))[0] == pytest.approx(-np.log10(share), abs=0.01)
    beyond = learnt.of(np.array([1.2, 1.25, 2.0, 4.0]))
    assert (np.diff(beyond) > 0).all()
    assert beyond[-1] > beyond[0] + 0.5


def test_the_frames_of_one_peak_are_no_tie():
    draw = np.random.default_rng(4)
    normal = draw.exponential(1.0, 20_000)
    normal[:10] = normal.max() + 1  # ten frames alike are one
    learnt = learn_surprise(normal, 10.0)
    assert learnt.values[-1] == np.quantile(normal, 0.95)
    normal[10:90] = normal[0]  # the tail has 1,000 frames
    assert learn_surprise(normal, 10.0).values[-1] == np.quantile(normal, 0.95)
    normal[90:150] = normal[0]
    assert learn_surprise(normal, 10.0).values[-1] == normal[0]


def test_a_single_frame_is_enough():
    learnt = learn_surprise(np.array([2.5]))
    assert learnt.frames == 1
    surprises = learnt.of(np.array([2.5, 1e9, 1e200]))
    assert (surprises[0], surprises[2]) == (0, MAX_SURPRISE)
    assert 0 < surprises[1] < MAX_SURPRISE
