import numpy as np
import pytest

from abnormal.inference.cut_out import (
    cut_out_things,
    elsewhere,
    faster,
    larger,
    put_into,
    standing,
)

SIZE, FPS = 96, 10.0


def passer_by(count=40, row=40, side=(14, 8), pace=2):
    """Frames with somebody who walks to the right, and where that is."""
    frames = np.full((count, SIZE, SIZE), 100, np.uint8)
    for number, frame in enumerate(frames):
        left = 4 + pace * number
        frame[row : row + side[0], left : left + side[1]] = 200
    return frames, frames == 200


@pytest.fixture(scope="module")
def thing():
    (found,) = cut_out_things(*passer_by(), FPS)
    return found


def test_somebody_who_walks_by_is_found_with_all_pixels(thing):
    assert len(thing) == 40
    assert {view.mask.shape for view in thing} == {(14, 8)}
    assert [(view.top, view.left) for view in thing[:3]] == [(40, 4), (40, 6), (40, 8)]
    assert all((view.pixels == 200).all() and view.mask.all() for view in thing)


@pytest.mark.parametrize(
    "odd",
    [
        {"count": 28},  # too short a time
        {"pace": 0},  # it does not move
        {"side": (5, 5)},  # too small
        {"side": (60, 30), "count": 31, "pace": 1, "row": 10},  # too large
        {"row": 82},  # cut off by the border
    ],
)
def test_what_is_no_passer_by_is_no_thing(odd):
    assert cut_out_things(*passer_by(**odd), FPS) == []


def test_two_who_meet_are_two_things_before_and_after():
    frames, _ = passer_by(count=40)
    mirrored = passer_by(count=40, row=44)[0][:, :, ::-1]
    both = np.maximum(frames, mirrored)
    things = cut_out_things(both, both == 200, FPS)
    assert things == []
    assert all(view.mask.shape[1] <= 13 for thing in things for view in thing)


def test_somebody_faster_is_at_every_second_place(thing):
    assert [view.left for view in faster(thing)] == list(range(4, 84, 4))


def test_something_larger_stands_on_the_same_ground(thing):
    for before, after in zip(thing, larger(thing), strict=True):
        assert after.mask.shape == (28, 16)
        assert after.top + 28 == before.top + 14
        assert after.left + 8 == before.left + 4


def test_elsewhere_is_where_things_seldom_are(thing):
    usual = np.zeros((SIZE, SIZE))
    usual[30:] = 1.0
    for seed in range(10):
        moved = elsewhere(thing, usual, 8, np.random.default_rng(seed))
        assert all(view.top + 7 < 30 for view in moved)
        assert all(view.top >= 0 and view.left >= 0 for view in moved)
        assert all(view.left + 8 <= SIZE for view in moved)
        assert moved[5].left - moved[0].left == thing[5].left - thing[0].left


def test_elsewhere_is_anywhere_among_places_that_are_alike(thing):
    usual = np.zeros((SIZE, SIZE))
    usual[24:40] = 0.3  # a pavement, above and below which there is nobody
    tops = []
    for seed in range(30):
        moved, again = (elsewhere(thing, usual, 2, np.random.default_rng(seed)) for _ in range(2))
        assert [view.top for view in moved] == [view.top for view in again]
        assert not 24 <= moved[0].top + 7 < 40
        tops.append(moved[0].top)
    assert min(tops) < 10
    assert max(tops) > 40


def test_who_stands_does_not_move(thing):
    stands = standing(thing, 7)
    assert stands[:20] == thing[:20]
    assert stands[20:] == [thing[20]] * 7


def test_it_is_put_into_other_footage_and_cut_off_at_the_border(thing):
    wall = np.zeros((50, SIZE, SIZE), np.uint8)
    changed = put_into(wall, thing, 5, fade=1)
    assert not wall.any()
    assert not changed[:5].any()
    assert not changed[45:].any()
    assert all((changed[5 + number] == 200).sum() == 14 * 8 for number in range(40))
    grown = put_into(wall, larger(larger(thing)), 5, fade=1)
    assert (grown[5] == 200).sum() == 54 * (32 - 12 + 4)


def test_it_appears_gradually(thing):
    changed = put_into(np.zeros((50, SIZE, SIZE), np.uint8), thing, 5, fade=4)
    assert [frame.max() for frame in changed[4:10]] == [0, 50, 100, 150, 200, 200]
