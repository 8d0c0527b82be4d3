import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.live.clock import ArrivalSmoother, RateConverter, TimestampMapper, format_utc


def test_a_time_as_iso_8601():
    assert format_utc(0.1234) == "1970-01-01T00:00:00.123Z"
    assert format_utc(1_800_000_000) == "2027-01-15T08:00:00.000Z"


@given(st.lists(st.floats(0, 0.9), min_size=2, max_size=60))
def test_frames_that_were_held_up_keep_the_spacing_of_the_camera(delays):
    """The first one was not held up; the others may come in a burst, but in order."""
    clock, arrival_sec, times = TimestampMapper(), 0.0, []
    for number, delay in enumerate([0.0, *delays]):
        arrival_sec = max(arrival_sec, 100 + number / 25 + delay)
        times.append(clock(7 + number / 25, arrival_sec))
    np.testing.assert_allclose(np.diff(times), 1 / 25, atol=1e-9)
    assert times[0] == 100


def test_a_camera_whose_clock_is_set_anew_is_followed():
    clock = TimestampMapper()
    assert [clock(sec, 50 + sec) for sec in (0.0, 1.0)] == [50, 51]
    assert [clock(sec - 3600, 50 + sec) for sec in (2.0, 3.0)] == [52, 53]
    assert [clock(sec + 3600, 50 + sec) for sec in (4.0, 5.0)] == [54, 55]


def test_a_camera_whose_clock_is_slow_is_followed_for_hours():
    clock = TimestampMapper()
    for second in range(7200):
        time_sec = clock(second * 0.999, float(second))
    assert abs(time_sec - second) < 0.1


def test_numbers_become_even_times():
    draw = np.random.default_rng(0)
    clock = ArrivalSmoother()
    times = [clock(n, 9 + n / 25 + draw.uniform(0, 0.03)) for n in range(500)]
    gaps = np.diff(times[100:])
    assert np.abs(gaps - 1 / 25).max() < 0.004
    assert np.abs(np.array(times[100:]) - 9.015 - np.arange(100, 500) / 25).max() < 0.01


def test_a_stream_without_times_that_stood_still_goes_on_where_it_is():
    clock = ArrivalSmoother()
    for number in range(100):
        clock(number, number / 25)
    assert clock(100, 60.0) == pytest.approx(60)
    assert clock(101, 60.04) == pytest.approx(60.04)


@settings(deadline=None)
@given(st.sampled_from([5, 10, 15, 24, 25, 30, 50, 60]), st.sampled_from([10, 25]))
def test_ticks_keep_the_rate_of_the_model_whatever_the_camera_has(camera_fps, fps):
    convert = RateConverter(fps)
    ticks = [convert(number / camera_fps) for number in range(60 * camera_fps)]
    usual = fps / camera_fps
    assert abs(sum(ticks) - 60 * fps) <= 2 + usual
    assert set(ticks[20:]) <= {int(usual), int(np.ceil(usual))}


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_of_equal_rates_each_frame_is_one_tick_although_it_is_uneven(seed):
    draw = np.random.default_rng(seed)
    convert = RateConverter(25)
    ticks = [convert(n / 25 + draw.uniform(-0.009, 0.009)) for n in range(500)]
    assert set(ticks[1:]) == {1}


@pytest.mark.parametrize("camera_fps", [5, 15, 25, 60])
def test_much_more_time_or_many_more_frames_than_usual_are_a_jump(camera_fps):
    convert = RateConverter(25)
    said = []
    for number in range(10 * camera_fps):
        convert(number / camera_fps)
        said.append(convert.jumped)
    assert not any(said[2 * camera_fps :])
    assert convert(10 + 5 / min(camera_fps, 25)) > 4
    assert convert.jumped
    now = 10 + 5 / min(camera_fps, 25)
    while not convert(now := now + 1e-3):
        pass
    assert convert.jumped


def jumps(times, fps):
    """For each frame that is used, whether it follows a jump."""
    convert = RateConverter(fps)
    return [convert.jumped for time_sec in times if convert(time_sec)]


@pytest.mark.parametrize("jitter_sec", [0.0, 0.01])
@pytest.mark.parametrize("fps", [5, 10, 12.5, 25])
@pytest.mark.parametrize("camera_fps", [0.5, 1, 2, 5, 8, 10, 12.5, 15, 25, 30, 50, 60])
def test_the_first_frames_of_a_camera_of_any_rate_are_no_jumps(camera_fps, fps, jitter_sec):
    draw, smooth = np.random.default_rng(0), ArrivalSmoother()
    arrivals = [
        n / camera_fps + draw.uniform(0, jitter_sec) for n in range(min(120, int(10 * camera_fps)))
    ]
    found = jumps([smooth(n, arrival) for n, arrival in enumerate(arrivals)], fps)
    slow = fps > 4 * camera_fps  # its second frame could just as well follow a pause
    assert sum(found) <= 2 * slow
    assert not any(found[3:])


@pytest.mark.parametrize("first", [1, 2, 3, 5, 10])
@pytest.mark.parametrize(("camera_fps", "fps"), [(25, 25), (60, 25), (60, 12.5), (30, 12.5)])
@pytest.mark.parametrize("pause_sec", [0.9, 30.0])
def test_a_pause_is_the_only_jump_however_early_it_is(camera_fps, fps, first, pause_sec):
    times = [n / camera_fps + pause_sec * (n >= first) for n in range(10 * camera_fps)]
    convert = RateConverter(fps)
    used = [(time_sec, convert.jumped) for time_sec in times if convert(time_sec)]
    after = next(time_sec for time_sec, _ in used if time_sec >= times[first])
    assert (after, True) in used
    assert sum(jumped for time_sec, jumped in used if time_sec != after) <= (first == 1)


def test_a_camera_that_becomes_slow_is_followed():
    times = np.cumsum([*[1 / 25] * 250, *[1.0] * 80])
    assert not any(jumps(times, 25)[-20:])


@pytest.mark.parametrize("gap_sec", [0.5, 2.0, 9.0, 60.0])
@pytest.mark.parametrize("camera_fps", [5, 15, 25, 60])
def test_a_gap_has_as_many_ticks_as_its_time(camera_fps, gap_sec):
    convert = RateConverter(25)
    for number in range(10 * camera_fps):
        convert(number / camera_fps)
    ticks = convert(10 - 1 / camera_fps + gap_sec)
    assert ticks == pytest.approx(25 * gap_sec, abs=1 + 25 / camera_fps)


@pytest.mark.parametrize("first", [0, 1, 5, 10, 25, 100])
@pytest.mark.parametrize("spacing_sec", [0.002, 0.005, 0.01])
def test_a_stream_without_times_that_catches_up_is_not_taken_for_faster_motion(first, spacing_sec):
    """It stands still for a second, at its start or later, and then sends what it owes."""
    smooth, convert = ArrivalSmoother(), RateConverter(25)
    arrival_sec, used, apart = 0.0, 0, []
    for number in range(400):
        held_sec = 1.0 if number >= first else 0.0
        due_sec = max(number / 25, first / 25 + held_sec)
        arrival_sec = max(arrival_sec + spacing_sec, due_sec if held_sec else number / 25)
        if convert(smooth(number, arrival_sec)):
            apart += [] if convert.jumped else [number - used]
            used = number
    assert max(apart) <= 2


def test_a_frame_that_is_lost_now_and_then_is_no_jump():
    convert = RateConverter(25)
    for number in range(200):
        if number % 20:
            convert(number / 25)
            assert not convert.jumped
