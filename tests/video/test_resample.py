import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.video.resample import RateWatch, at_rate, keep_pace, resize
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


@pytest.mark.parametrize(
    ("times_sec", "expected"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([0, 1.4, 1.7, 3.3, 3.6], [0, 1, 2, 3, 4]),  # a little irregular
        ([0, 1, 4, 5], [0, 1, 1, 1, 2, 3]),  # two were lost
        ([0, 0.1, 0.2, 0.3, 1, 2], [0, 3, 5]),
        (
            [k * 1.001 for k in range(2000)],
            [*range(751), 750, *range(751, 1751), 1750, *range(1751, 2000)],
        ),
        ([], []),
    ],
)
def test_frames_that_were_lost_are_filled_and_others_pass(times_sec, expected):
    found = list(keep_pace(frames_at(times_sec), 1))
    assert [frame.number for frame in found] == expected
    assert all(abs(frame.time_sec - tick) < 1 for tick, frame in enumerate(found))


def test_lost_frames_are_not_filled_across_a_gap():
    times = [(0, False), (1, False), (50.5, True), (51.5, False), (53.5, False)]
    frames = (Frame(NO_PICTURE, sec, n, after_gap=gap) for n, (sec, gap) in enumerate(times))
    assert [(f.number, f.after_gap) for f in keep_pace(frames, 1)] == [
        *((0, False), (1, False), (2, True), (3, False), (3, False), (4, False))
    ]


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


def areas(length, count):
    """How much of each source pixel is in each pixel of a row that is resized."""
    edges = np.arange(count + 1) * length / count
    pixels = np.arange(length)
    upper = np.minimum(edges[1:, None], pixels + 1)
    return np.clip(upper - np.maximum(edges[:-1, None], pixels), 0, None) * count / length


@settings(deadline=None)
@given(st.integers(16, 400), st.integers(16, 400), st.data())
def test_a_picture_is_resized_by_area(height, width, data):
    small = data.draw(st.integers(16, height)), data.draw(st.integers(16, width))
    picture = np.random.default_rng(height * width).integers(0, 256, (height, width), np.uint8)
    expected = areas(height, small[0]) @ picture @ areas(width, small[1]).T
    np.testing.assert_allclose(resize(picture, *small), expected, atol=1.6)


def test_a_picture_may_be_a_view():
    picture = np.random.default_rng(0).integers(0, 256, (90, 120), np.uint8)
    for view in (np.rot90(picture), picture[:, 3:99], picture[::2]):
        np.testing.assert_array_equal(resize(view, 20, 30), resize(view.copy(), 20, 30))


def watched(times_sec, fps, numbers=None):
    watch = RateWatch(fps)
    numbers = numbers or range(len(times_sec))
    frames = [Frame(NO_PICTURE, t, n) for t, n in zip(times_sec, numbers, strict=True)]
    assert list(watch.watch(iter(frames))) == frames
    return watch.varies, watch.mean_fps


EVEN = [k / 25 for k in range(100)]


@pytest.mark.parametrize(
    ("times_sec", "numbers", "expected"),
    [
        (EVEN, None, (False, 25)),
        ([round(t, 3) for t in EVEN], None, (False, 25)),
        ([t + (t > 2) * 3 for t in EVEN], None, (False, 99 / 6.96)),  # one gap of three seconds
        ([t * (1 + (t > 2)) for t in EVEN], None, (True, 99 / 7.92)),
        ([k / 10 for k in range(100)], None, (True, 10)),
        (EVEN[::3], [*range(0, 100, 3)], (False, 33 / 3.96)),  # broken ones were left out
        ([0], None, (False, 25)),
        ([], None, (False, 25)),
    ],
)
def test_whether_a_file_keeps_its_rate(times_sec, numbers, expected):
    varies, mean_fps = watched(times_sec, 25, numbers)
    assert (varies, mean_fps) == (expected[0], pytest.approx(expected[1]))


def test_times_rounded_to_milliseconds_are_even():
    times_sec = [round(k / 29.97, 3) for k in range(300)]
    assert shown(times_sec, 29.97) == list(range(300))
