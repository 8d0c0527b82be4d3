import contextlib
import functools

import numpy as np

from abnormal.frames.gaps import Gap
from abnormal.inference.normal_video import NormalVideo
from abnormal.inference.regime_footage import split_regimes

FPS = 2.0
DAY = np.random.default_rng(1).integers(40, 215, (16, 16), np.uint8).repeat(3, 0).repeat(3, 1)
NIGHT = 255 - DAY


def video(name, *stretches, gaps=()):
    """Stretches of pictures, each with its length in seconds."""
    frames = [picture for picture, seconds in stretches for _ in range(round(seconds * FPS))]
    opened = functools.partial(contextlib.nullcontext, frames)
    return NormalVideo(name, "gate", opened, len(frames), True, gaps)


def test_footage_of_one_regime_stays_as_it_is():
    videos = [video("01", (DAY, 70), (DAY // 2, 30)), video("02", (NIGHT, 40), (DAY, 9))]
    assert split_regimes(videos, FPS) == videos


def test_many_views_of_which_none_is_shown_for_long_tell_no_regime():
    draw = np.random.default_rng(2)
    views = [draw.integers(40, 215, (16, 16), np.uint8).repeat(3, 0).repeat(3, 1) for _ in "12345"]
    videos = [video(f"{number}", (view, 20)) for number, view in enumerate(views)]
    assert not any(one.is_one_view for one in split_regimes(videos, FPS))


def test_a_video_of_day_and_night_is_divided_at_the_change():
    dusk = Gap(round(110 * FPS), 200.0)
    parts = split_regimes([video("01", (DAY, 70), (NIGHT, 90), gaps=[dusk])], FPS)
    assert [part.camera for part in parts] == ["gate", "gate (regime 2)"]
    assert [part.name for part in parts] == ["01", "01"]
    for part, picture in zip(parts, (NIGHT, DAY), strict=True):  # there is more of the night
        with part.open_frames() as frames:
            found = list(frames)
        assert len(found) == part.length > 60 * FPS
        assert all(np.array_equal(frame, picture) for frame in found)
    assert [len(part.gaps) for part in parts] == [1, 0]
    before = round(160 * FPS) - parts[0].length
    assert parts[0].gaps[0].frame == dusk.frame - before


def test_some_seconds_of_black_do_not_hide_that_there_are_day_and_night():
    black = np.full_like(DAY, 5)
    parts = split_regimes([video("01", (black, 12), (DAY, 80), (NIGHT, 70))], FPS)
    assert [part.camera for part in parts] == ["gate", "gate (regime 2)"]
    of_a_minute = [video("01", (black, 60), (DAY, 80), (NIGHT, 70))]
    assert split_regimes(of_a_minute, FPS) == of_a_minute


def test_a_video_without_pictures_is_passed_on_so_that_it_is_told():
    videos = [video("01", (DAY, 70), (NIGHT, 90)), video("02")]
    assert [part.name for part in split_regimes(videos, FPS)] == ["01", "02", "01"]
