import numpy as np
import pytest

from abnormal.inference import learn_regime
from abnormal.inference.learn_regime import RegimeLearner
from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.stream import FrameScorer, ResidualStream, open_stream
from abnormal.names import FUSED
from abnormal.scoring.calibration import ALARM_SURPRISE

SIZE, FPS, LENGTH = 48, 5.0, 5
WALL = np.random.default_rng(99).integers(60, 190, (SIZE, SIZE), np.uint8)


def halved(clips):
    return clips / 2


def walking(seconds, seed, fast=()):
    """Somebody walks by again and again; in some seconds he runs."""
    draw = np.random.default_rng(seed)
    frames, left, pace = np.repeat(WALL[None], round(seconds * FPS), axis=0), 0.0, 1.0
    for number, frame in enumerate(frames):
        left += 4 * pace if int(number / FPS) in fast else pace
        if left > SIZE - 8:
            left, pace = 0.0, draw.uniform(0.8, 1.2)
        frame[20:32, int(left) : int(left) + 8] = 240
    return frames


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(learn_regime, "BACKGROUND_SEC", 15.0)
    monkeypatch.setattr(learn_regime, "MEASURE_SEC", 90.0)


def clips_of(frames, ignored=None):
    clips = residuals(frames, halved, LENGTH, ResidualStream(ignored=ignored))
    for number, residual in enumerate(clips):
        yield frames[number * LENGTH : (number + 1) * LENGTH], residual


def learnt(frames, ignored=None):
    learner = RegimeLearner(FPS)
    for clip in clips_of(frames, ignored):
        if learner.add(*clip):
            return learner.learn()
    learner.start_anew()
    return None


def share_of_alarms(normality, frames):
    clips = residuals(frames, halved, LENGTH, open_stream(normality, FPS))
    return (frame_scores(clips, FrameScorer(FPS, normality)).causal[FUSED] > ALARM_SURPRISE).mean()


def test_what_was_seen_is_normal_and_who_runs_is_not():
    normality = learnt(walking(110, 1))
    assert np.abs(normality.background.astype(int) - WALL).mean() < 1
    assert share_of_alarms(normality, walking(60, 2)) < 0.05
    assert share_of_alarms(normality, walking(4, 2, range(4))) > 0.5


def test_the_background_is_known_where_nothing_counts():
    ignored = np.zeros((SIZE, SIZE), bool)
    ignored[:, :30] = True
    assert np.abs(learnt(walking(110, 1), ignored).background.astype(int) - WALL).mean() < 1


def test_what_happens_in_few_of_the_seconds_does_not_become_normal():
    normality = learnt(walking(110, 1, fast=[60, 61]))
    assert share_of_alarms(normality, walking(4, 2, range(4))) > 0.5


def test_what_has_no_structure_and_what_never_stays_is_not_learnt():
    assert learnt(np.full((round(110 * FPS), SIZE, SIZE), 90, np.uint8)) is None
    views = [np.roll(WALL, 9 * number, axis=1) for number in range(round(110 * FPS))]
    assert learnt(np.stack(views)) is None


def test_it_says_how_much_is_missing():
    learner = RegimeLearner(FPS)
    assert learner.left_sec == 105
    for clip in clips_of(walking(30, 1)):
        learner.add(*clip)
    assert learner.left_sec == pytest.approx(75, abs=2)
    learner.start_anew()
    assert learner.left_sec == 105
