"""Day and night of one camera: the night shows the negative of the day."""

import numpy as np
import pytest

from abnormal.frames.gaps import Gap
from abnormal.inference.regimes import RegimeWatch, Seen, silenced, split_at_regimes
from abnormal.inference.stream import ScoredFrames
from abnormal.scoring.normality import Normality

FPS = 5.0
DAY = np.random.default_rng(1).integers(40, 215, (16, 16), np.uint8).repeat(6, 0).repeat(6, 1)
NIGHT, ELSEWHERE = 255 - DAY, np.ascontiguousarray(DAY[::-1])
SURE = Seen(0, True)


def watch(*backgrounds):
    return RegimeWatch([Normality({}, {}, background) for background in backgrounds], FPS)


def seen(follow, *pictures):
    return [follow(picture) for picture in pictures]


def half_hidden(share):
    picture = DAY.copy()
    picture[:, : round(share * len(picture))] = 128
    return picture


@pytest.mark.parametrize("picture", [DAY, DAY // 2, half_hidden(0.45)])
def test_a_picture_of_the_regime_is_sure_at_once(picture):
    assert seen(watch(DAY, NIGHT), *[picture] * 3) == [SURE] * 3


def test_a_known_regime_is_noticed_at_once_and_sure_after_a_second():
    found = seen(watch(DAY, NIGHT), DAY, *[NIGHT] * 8, DAY)
    assert [one.regime for one in found] == [0, *[1] * 8, 0]
    assert [one.is_sure for one in found] == [True, *[False] * 5, *[True] * 3, False]


def test_the_first_picture_may_show_any_regime():
    assert watch(DAY, NIGHT)(NIGHT) == Seen(1, True)


def test_what_is_not_known_is_never_sure_and_has_no_regime_after_five_seconds():
    follow = watch(DAY)
    found = seen(follow, DAY, *[NIGHT] * 40)
    assert not any(one.is_sure for one in found[1:])
    assert [one.regime for one in found] == [0] * 26 + [None] * 15
    follow.add(NIGHT)
    assert [one.regime for one in seen(follow, *[NIGHT] * 3, DAY)] == [1, 1, 1, 0]


@pytest.mark.parametrize("then", [NIGHT, ELSEWHERE])
def test_of_pictures_that_are_passed_over_the_times_count(then):
    shown = [*[DAY] * 10, *[then] * 80]
    every, some = watch(DAY, NIGHT), watch(DAY, NIGHT)
    found = seen(every, *shown)
    assert [some(picture, 5) for picture in shown[::5]] == found[::5]


def test_time_in_which_no_picture_came_does_not_make_a_regime_unknown():
    follow = watch(DAY, NIGHT)
    seen(follow, *[DAY] * 9)
    assert follow(ELSEWHERE, 300) == Seen(0, is_sure=False, is_known=False)
    assert seen(follow, *[DAY] * 9)[-1] == SURE
    assert [follow(ELSEWHERE, 300).regime for _ in range(7)] == [0] * 5 + [None] * 2


def test_what_hides_the_view_for_a_moment_does_not_change_the_regime():
    found = seen(watch(DAY, NIGHT), DAY, *[half_hidden(0.9)] * 10, *[DAY] * 8)
    assert {one.regime for one in found} == {0}
    assert [one.is_sure for one in found] == [True, *[False] * 15, *[True] * 3]


@pytest.mark.parametrize("background", [None, np.full_like(DAY, 90)])
def test_without_a_background_all_pictures_are_of_the_first_regime(background):
    assert watch(background)(NIGHT) == SURE


def test_a_background_that_the_footage_does_not_resemble_tells_no_regime():
    mixed = Normality({}, {}, DAY, is_one_view=False)
    assert RegimeWatch([mixed], FPS)(NIGHT) == SURE


def test_a_video_is_split_where_its_regime_changes_and_where_it_has_gaps():
    frames = [DAY] * 10 + [NIGHT] * 12 + [DAY] * 4
    parts = []
    for part in split_at_regimes(frames, [Gap(3, 9.0), Gap(22, 9.0)], watch(DAY, NIGHT)):
        count = len(list(part.frames))
        parts.append((part.regime, count, int(part.is_sure(count).sum())))
    assert parts == [(0, 3, 3), (0, 7, 7), (1, 12, 7), (0, 4, 0)]


def test_only_local_scores_are_taken_back():
    values = {"motion": np.arange(3.0), "l2": np.arange(3.0)}
    scored = ScoredFrames(values, values, things=([1], [2], [3]))
    found = silenced(scored, np.array([True, False, True]))
    assert found.causal["motion"].tolist() == found.raw["motion"].tolist() == [0, 0, 2]
    assert found.causal["l2"].tolist() == [0, 1, 2]
    assert found.things == ([1], (), [3])
    assert silenced(scored, np.ones(3, bool)) is scored
