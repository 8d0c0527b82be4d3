"""The box of a frame is that of the thing of which the sentence tells."""

import numpy as np
import pytest

from abnormal.inference.stream import FrameScorer, concatenated
from abnormal.names import FUSED
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.cells import unpack_cells
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.residual import ClipResidual
from abnormal.scoring.surprise import learn_surprise

FPS, SIZE, CELLS = 10.0, 96, 12
CLIP, COUNT = 10, 200
BAG, RUNNER = (64, 64, 16, 16), (8, 8, 16, 24)
"""Left, top, width and height, in pixels."""


def score(alarm, running):
    """The scores of footage with a bag, and a runner in some frames."""
    levels = {name: np.ones((CELLS, CELLS), np.float32) for name in LOCAL_SCORES}
    levels["stay"][:] = np.log(6)
    draw = np.random.default_rng(0)
    known = {name: learn_surprise(draw.random(5000), FPS, 0.02) for name in LOCAL_SCORES}
    scorer = FrameScorer(FPS, Normality(levels, known), alarm=alarm)
    return concatenated([scorer.add(clip_from(first, running)) for first in range(0, COUNT, CLIP)])


def clip_from(first, running):
    dark = np.zeros((CLIP, SIZE, SIZE), np.float32)
    foreground, speed = np.zeros(dark.shape, bool), dark.copy()
    mark(foreground, BAG, True)
    for number in range(CLIP):
        if first + number in running:
            mark(speed[number : number + 1], RUNNER, 6.0)
    background = dark[0]
    return ClipResidual(dark, dark, speed=speed, foreground=foreground, background=background)


def mark(pixels, box, value):
    left, top, width, height = box
    pixels[:, top : top + height, left : left + width] = value


def is_around(box, thing):
    return tuple(np.round(np.array(box) * SIZE)) == thing


@pytest.mark.parametrize(("name", "thing"), [("stay", BAG), ("motion", RUNNER)])
def test_by_a_local_score_the_box_is_around_what_that_score_finds(name, thing):
    alarm = Alarm(name, 2.0, 1.3)
    scored = score(alarm, range(150, COUNT))
    unusual = scored.causal[name] > alarm.release
    assert unusual[155:].all()
    assert not unusual[:40].any()
    assert [len(things) for things in scored.things] == unusual.astype(int).tolist()
    for frame in np.flatnonzero(unusual):
        (found,) = scored.things[frame]
        assert is_around(found.box, thing)
        assert found.box == tuple(scored.boxes[frame])
        assert found.score == pytest.approx(scored.causal[name][frame])
    # Before anything is unusual, the box is around the most unusual place by that score.
    left, top, *_ = scored.boxes[39] * SIZE
    assert ((left, top) == BAG[:2]) == (name == "stay")


def test_by_a_local_score_the_cells_are_those_that_raise_it():
    scored = score(Alarm("stay", 2.0, 1.3), range(150, COUNT))
    rows, columns = np.nonzero(unpack_cells(scored.carriers[-1]))
    assert {*rows, *columns} <= {8, 9, 10}


@pytest.mark.parametrize("alarm", [None, Alarm(FUSED, 2.0, 1.3)])
def test_by_fused_the_box_is_around_what_the_sentence_tells_of(alarm):
    """Also while the score rises and falls, which takes longer than the runner is there."""
    running = range(150, 156)
    scored, names = score(alarm, running), list(LOCAL_SCORES)
    unusual = scored.causal[FUSED] > 1.3
    found_by = [names[source] for source in scored.sources]
    assert {found_by[frame] for frame in running} == {"stay", "motion"}
    assert found_by[running.stop + 1] == "motion"
    for frame in np.flatnonzero(unusual):
        assert is_around(scored.boxes[frame], RUNNER if found_by[frame] == "motion" else BAG)
        first = scored.things[frame][0]
        assert first.box == tuple(scored.boxes[frame])
        assert first.score == pytest.approx(scored.causal[FUSED][frame])
