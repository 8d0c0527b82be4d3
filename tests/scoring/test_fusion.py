import numpy as np
import pytest

from abnormal.scoring.calibration import ALARM_SURPRISE
from abnormal.scoring.fusion import corrected, fuse
from abnormal.scoring.local import LOCAL_SCORES


@pytest.mark.parametrize("correction", [-1.0, 0.0, 0.7])
def test_where_nothing_is_unusual_nothing_is_added(correction):
    surprises = {"motion": np.array([0.0, 0.1, 3.0]), "place": np.zeros(3)}
    fused, sources = fuse(surprises, 1000, correction)
    share = np.log10(0.6 / 0.7)  # of the false alarms
    expected = [0, max(0, 0.1 + share + correction), 3 + share + correction]
    assert fused == pytest.approx(expected)
    assert sources.tolist() == [0, 0, 0]


def test_a_correction_never_makes_a_surprise_negative():
    assert corrected(np.array([-1.0, 0.0, 0.5, 2.0]), -1.0).tolist() == [0, 0, 0, 1]
    assert corrected(np.array([-1.0, 0.0, 0.5, 2.0]), 0.5).tolist() == [0, 0, 1, 2.5]


def test_each_score_may_cause_its_share_of_the_false_alarms():
    draw = np.random.default_rng(0)
    # Of a million normal frames, each score's surprise is above x for one in 10**x.
    surprises = {name: draw.exponential(np.log10(np.e), 1_000_000) for name in LOCAL_SCORES}
    fused, _ = fuse(surprises, 1_000_000)
    for x in (1.0, 2.0, 3.0):
        assert (fused > x).mean() == pytest.approx(10**-x, rel=0.15)
        assert (fused > x).mean() <= 1.1 * 10**-x
    alone, _ = fuse({"place": surprises["place"]}, 1_000_000)
    assert np.array_equal(alone, surprises["place"])


def test_what_is_most_surprising_speaks():
    silent = np.zeros(2)
    surprises = dict.fromkeys(LOCAL_SCORES, silent)
    heard = surprises | {"motion": np.array([4.0, 0.0]), "place": np.array([0, 5.0])}
    fused, speaker = fuse(heard, 1_000_000)
    names = list(LOCAL_SCORES)
    assert [names[number] for number in speaker] == ["motion", "place"]
    assert 3 < fused[0] < 4
    assert fused[1] == pytest.approx(4.0)
    assert fuse(surprises, 1_000_000)[0].tolist() == [0, 0]


def test_beyond_what_footage_vouches_for_only_the_largest_share_ranks_on():
    loud, silent = np.array([5.0, 20.0]), np.zeros(2)
    for name, score in LOCAL_SCORES.items():
        surprises = dict.fromkeys(LOCAL_SCORES, silent) | {name: loud}
        fused, _ = fuse(surprises, 1000)
        most = loud if name == "motion" else np.full(2, np.log10(1000))
        assert fused == pytest.approx(most + np.log10(score.share)), name
    appearance = dict.fromkeys(LOCAL_SCORES, silent) | {"appearance": loud}
    assert (fuse(appearance, 4_900)[0] < ALARM_SURPRISE).all()
    assert (fuse(appearance, 5_100)[0] > ALARM_SURPRISE).all()
