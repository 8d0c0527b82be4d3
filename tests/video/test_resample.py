import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.video.resample import at_rate, resize
from abnormal.video.stream import Frame

NO_PICTURE = np.zeros((1, 1), np.uint8)


def frames_at(times_sec):
    return (Frame(NO_PICTURE, time_sec, number) for number, time_sec in enumerate(times_sec))


def shown(times_sec, fps):
    return [frame.number for frame in at_rate(frames_at(times_sec), fps)]


@pytest.mark.parametrize(
    ("times_sec", "fps", "expected"),
    [
        ([0, 1, 2, 3], 1, [0, 1, 2, 3]),
        ([0, 0.5, 1, 1.5, 2], 1, [0, 2, 4]),
        ([0, 1, 2], 2, [0, 0, 1, 1, 2]),
        ([0, 0.1, 0.9, 2.0], 1, [0, 2, 3]),  # at 1 s the picture of 0.9 s still stands
        ([0, 3], 1, [0, 0, 0, 1]),
        ([k / 25 for k in range(6)], 10, [0, 2, 5]),  # 0, 0.1, 0.2 s: 0, 0.08, 0.2 s
        ([k / 29.97 for k in range(5)], 29.97, [0, 1, 2, 3, 4]),
        ([k * 0.1 for k in range(8)], 10, range(8)),  # 3 * 0.1 is more than 3 / 10
        ([0], 25, [0]),
        ([], 25, []),
    ],
)
def test_frames_at_a_fixed_rate(times_sec, fps, expected):
    assert shown(times_sec, fps) == list(expected)


@given(
    gaps_ms=st.lists(st.integers(1, 700), max_size=40),
    fps=st.sampled_from([1, 5, 10, 12.5, 23.976, 25, 30, 60]),
)
def test_each_tick_shows_the_latest_frame_not_later_than_it(gaps_ms, fps):
    times_sec = np.cumsum([0, *gaps_ms]) / 1000
    found = list(at_rate(frames_at(times_sec), fps))
    ticks_sec = np.arange(0, (times_sec[-1] + 6e-4) * fps + 1e-9) / fps
    latest = np.searchsorted(times_sec, ticks_sec + 6e-4, side="right") - 1
    assert [frame.number for frame in found] == latest.tolist()
    assert [frame.time_sec for frame in found] == pytest.approx(ticks_sec.tolist())


def test_only_one_frame_ahead_is_read():
    taken = []
    frames = (taken.append(frame.number) or frame for frame in frames_at(range(100)))
    resampled = at_rate(frames, 1)
    for _ in range(10):
        next(resampled)
    assert len(taken) == 11


def test_a_smaller_picture_holds_the_mean_of_each_area():
    picture = np.array([[0, 40, 10, 10], [80, 120, 30, 30]], np.uint8)
    assert resize(picture, 1, 2).tolist() == [[60, 20]]


@given(st.integers(2, 40), st.integers(2, 40), st.integers(1, 40), st.integers(1, 40))
def test_height_and_width_are_not_exchanged_and_a_plain_picture_stays_plain(h, w, height, width):
    small = resize(np.full((h, w), 93, np.uint8), height, width)
    assert small.shape == (height, width)
    assert (small == 93).all()


def test_the_left_stays_left_and_the_top_stays_on_top():
    picture = np.zeros((40, 60), np.uint8)
    picture[:20, :30] = 200
    assert resize(picture, 2, 2).tolist() == [[200, 0], [0, 0]]


def test_the_right_size_is_not_touched():
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert resize(picture, 2, 3) is picture
