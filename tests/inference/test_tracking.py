import numpy as np
import pytest

from abnormal.inference.tracking import SETTLED_FRAMES, ThingTracker
from abnormal.inference.unusual_things import SurpriseMap
from abnormal.scoring.alarm import GAP_SEC
from abnormal.scoring.cells import cell_means

SIZE, FPS, LEAST = 96, 10.0, 1.3


def seen(*things):
    """A frame with things at (left, top, speed), 16 x 16 pixels large; speed is surprise."""
    speed = np.zeros((SIZE, SIZE), np.float32)
    for left, top, value in things:
        speed[top : top + 16, left : left + 16] = value
    ratios = cell_means(speed[None])[0]
    return SurpriseMap(ratios, np.zeros(ratios.shape, int), 0, [ratios], [speed])


def track(frames, score=5.0):
    """The things in frames, which are given by their number."""
    tracker = ThingTracker(FPS, LEAST)
    return {number: tracker.add(number, score, seen(*things)) for number, things in frames.items()}


def test_a_thing_keeps_its_number_while_it_moves():
    found = track({number: [(8 * number, 40, 4.0)] for number in range(10)})
    assert [[thing.id for thing in things] for things in found.values()] == [[1]] * 10
    lefts = [things[0].box[0] * SIZE for things in found.values()]
    assert lefts == pytest.approx([8 * number for number in range(10)])
    assert found[3][0].box[1:] == pytest.approx((40 / SIZE, 16 / SIZE, 16 / SIZE))


def test_two_things_that_meet_keep_their_numbers():
    frames = {n: [(6 * n, 16, 4.0), (80 - 6 * n, 56, 3.0)] for n in range(13)}
    for things in track(frames).values():
        assert [(thing.id, round(thing.box[1] * SIZE)) for thing in things] == [(1, 16), (2, 56)]


def test_the_most_unusual_thing_has_the_score_of_the_frame():
    frames = {n: [(40, 16, 8.0), (40, 56, 6.0)] for n in range(2)}
    assert [thing.score for thing in track(frames, score=5.0)[1]] == [5.0, 3.0]


def test_a_thing_is_followed_while_it_is_not_unusual_itself():
    other = (72, 72, 4.0)  # because of which the frame is looked at
    slow = SETTLED_FRAMES
    frames = {n: [(4 * n, 16, 3.0 if n < slow else 1.0), other] for n in range(10)}
    found = track(frames)
    assert [len(things) for things in found.values()] == [2] * 10
    assert all(things[1].box[0] * SIZE == 4 * number for number, things in found.items())
    assert {things[1].id for things in found.values()} == {2}
    assert found[slow][1].score < 5.0 - 4.0 + LEAST
    # Another one, which has never been unusual, is no thing.
    assert all(
        len(things) == 1 for things in track({n: [(0, 0, 1.0), other] for n in range(9)}).values()
    )


def test_it_is_followed_for_as_long_as_an_event_may_have_a_gap():
    last, gap = SETTLED_FRAMES - 1, round(GAP_SEC * FPS)
    frames = {
        n: [(16, 16, 3.0 if n <= last else 1.0), (72, 72, 4.0)] for n in range(last + gap + 2)
    }
    assert [number for number, things in track(frames).items() if len(things) == 1] == [
        last + gap + 1
    ]
    for missing, number in ((gap, 1), (gap + 1, 2)):
        found = track({0: [(16, 16, 3.0)], missing: [(16, 16, 3.0)]})
        assert found[missing][0].id == number


def test_over_a_gap_it_is_expected_where_it_moves_to():
    frames = {n: [(5 * n, 40, 4.0)] for n in (0, 1, 2, 3, 12)}
    assert track(frames)[12][0].id == 1
    frames[12] = [(10, 40, 4.0)]  # which is where something else must have come from
    assert track(frames)[12][0].id == 2


def test_what_has_left_is_no_longer_there():
    frames = {n: [(80, 16, 3.0), (16, 72, 4.0)] for n in range(5)} | {5: [(16, 72, 4.0)]}
    assert [len(things) for things in track(frames).values()] == [2] * 5 + [1]
    assert track({0: [(0, 0, 2.0)], 1: []})[1] == []


@pytest.mark.parametrize("walks_on", [True, False])
def test_a_thing_from_which_the_score_still_comes_stays_the_first(walks_on):
    """The score of a frame is a mean over some frames: the runner has just stopped running."""
    tracker = ThingTracker(FPS, LEAST)
    runner, bag = (16, 16, 4.0), (72, 72, 2.0)
    for number in range(SETTLED_FRAMES):
        tracker.add(number, 3.0, seen(runner, bag))
    later = seen((16, 16, 1.0), bag) if walks_on else seen(bag)
    later = later._replace(sources=np.ones(later.surprises.shape, int), pixels=later.pixels * 2)
    by_runner = tracker.add(SETTLED_FRAMES, 2.5, later)
    assert [(thing.id, thing.score) for thing in by_runner] == [(1, 2.5), (2, 2.5)]
    assert by_runner[0].box == (16 / SIZE, 16 / SIZE, 16 / SIZE, 16 / SIZE)
    by_bag = tracker.add(SETTLED_FRAMES + 1, 2.0, later._replace(source=1))
    assert [thing.id for thing in by_bag] == ([2, 1] if walks_on else [2])
