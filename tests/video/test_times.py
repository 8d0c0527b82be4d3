import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.video.resample import at_rate
from abnormal.video.stamps import StampKind, Stamps, frame_rate, measured_spacing
from abnormal.video.stream import Frame
from abnormal.video.times import GAP_SEC, GAP_SPACINGS, FrameClock, is_gap

NO_PICTURE = np.zeros((1, 1), np.uint8)
JOINED, COUNTED, AVI = StampKind(may_jump=True), StampKind(exist=False), StampKind(by_decoding=True)


def even(count, start_sec=0.0, spacing_sec=0.04):
    return [start_sec + spacing_sec * number for number in range(count)]


def clocked(shown_sec, decoded_sec=None, kind=StampKind(), spacing_sec=0.04, ahead=True):  # noqa: B008
    decoded_sec = decoded_sec or [None] * len(shown_sec)
    stamps = list(map(Stamps, shown_sec, decoded_sec))
    clock = FrameClock(spacing_sec, kind)
    following = [*stamps[1:], None] if ahead else [None] * len(stamps)
    return list(map(clock, stamps, following)), clock


@pytest.mark.parametrize(
    ("stamps", "kind", "times", "gaps", "notes"),
    [
        pytest.param(even(5, 3600), JOINED, even(5), [], [], id="even"),
        pytest.param([0, 0.04, 0.5, 0.54], JOINED, [0, 0.04, 0.5, 0.54], [], [], id="uneven"),
        pytest.param(
            *([*even(100), *even(100, 64)], StampKind(), [*even(100), *even(100, 64)], [100]),
            ["it has a gap of 60 s which no clip spans"],
            id="pause",
        ),
        pytest.param(
            *([*even(50), *even(50, 9), *even(50, 31)], StampKind()),
            *([*even(50), *even(50, 9), *even(50, 31)], [50, 100]),
            ["it has 2 gaps, the longest of 20 s, which no clip spans"],
            id="two pauses",
        ),
        pytest.param(
            *([*even(100), *even(100, 3600)], JOINED, even(200), [100]),
            ["its clock jumped once, which no clip spans"],
            id="jump forth",
        ),
        pytest.param(
            *([*even(50), *even(50, 3600)], StampKind()),
            *([*even(50), *even(50, 3600)], [50]),
            ["it has a gap of 3.6e+03 s which no clip spans"],
            id="a pause of an hour where the clock cannot jump",
        ),
        pytest.param(
            *([*even(50, 3600), *even(50)], StampKind(), even(100), [50]),
            ["its clock jumped once, which no clip spans"],
            id="jump back",
        ),
        pytest.param(
            *([*even(12), *even(50)], StampKind(), even(62), [12]),
            ["its clock jumped once, which no clip spans"],
            id="small jump back",
        ),
        pytest.param(
            *([None, *even(9, 3600.04)], JOINED, even(10), []),
            ["1 of 10 time stamps are missing or wrong"],
            id="the first has none",
        ),
        pytest.param(
            *([t if n % 4 == 0 else None for n, t in enumerate(even(20, 3600))], JOINED),
            *(even(20), [], ["15 of 20 time stamps are missing or wrong"]),
            id="some have none",
        ),
        pytest.param(
            *([None] * 20, JOINED, even(20), []),
            ["20 of 20 time stamps are missing or wrong"],
            id="none has one",
        ),
        pytest.param(
            *([*even(20), 9999, *even(60, 0.84)], JOINED, even(81), []),
            [],  # one in 81 is not worth saying
            id="a single stamp that is far off",
        ),
        pytest.param(
            *([*even(20), 0.72, *even(60, 0.84)], JOINED, even(81), [], []),
            id="a single stamp that goes back",
        ),
        pytest.param([5, 1, 9, 2], COUNTED, even(4), [], [], id="invented"),
    ],
)
def test_times_by_stamps(stamps, kind, times, gaps, notes):
    found, clock = clocked(stamps, kind=kind)
    assert [time.sec for time in found] == pytest.approx(times)
    assert [number for number, time in enumerate(found) if time.after_gap] == gaps
    assert clock.notes() == notes


def test_of_two_equal_stamps_the_second_takes_no_place_of_another():
    times, _ = clocked([0, 0.04, 0.04, 0.08, 0.12])
    assert [time.sec for time in times] == pytest.approx([0, 0.04, 0.06, 0.08, 0.12])


def test_stamps_for_showing_in_the_wrong_order_give_way_to_those_for_decoding():
    """As FFmpeg decodes H.264 with B-frames in AVI; the decoder ends without stamps."""
    shown = [1, 2, 4, 3, 6, 5, 8, 7, 9, 10]
    decoded = [2, 3, 4, 5, 6, 7, 8, 9, None, None]
    assert [time.sec for time in clocked(shown, decoded, AVI, 1)[0]] == pytest.approx(range(10))
    times, clock = clocked(shown, decoded, spacing_sec=1)
    assert [time.sec for time in times] == pytest.approx([0, 1, 3, *range(4, 11)])
    assert clock.notes() == ["1 of 10 time stamps are missing or wrong"]


def test_a_clock_that_jumps_back_is_no_wrong_order():
    """The decoder is given packets after the jump while it still shows pictures before it."""
    shown = [*even(100, 3600), *even(100)]
    times, clock = clocked(shown, [*shown[2:], None, None], JOINED)
    assert [time.sec for time in times] == pytest.approx(even(200))
    assert clock.jumps == 1


def test_lost_pictures_take_their_time_where_nothing_else_tells_it():
    clock = FrameClock(0.04, COUNTED)
    times = [clock(Stamps(None), None, missed).sec for missed in (0, 0, 3, 0)]
    assert times == pytest.approx([0, 0.04, 0.2, 0.24])


def test_a_rate_that_changes_is_soon_usual():
    times, clock = clocked([*even(50), *even(50, 4, 2.0)])
    assert sum(time.after_gap for time in times) <= 9
    assert not any(time.after_gap for time in times[60:])
    assert clock.spacing_sec == pytest.approx(2)


ANY_STAMP = st.one_of(
    st.none(),
    st.floats(-50, 50),
    st.builds(lambda start, n: start + n / 25, st.sampled_from([0, 3600]), st.integers(0, 200)),
)
KINDS = st.builds(StampKind, st.booleans(), st.booleans(), st.booleans())


@given(
    st.lists(st.tuples(ANY_STAMP, ANY_STAMP), min_size=1, max_size=60),
    KINDS,
    st.booleans(),
    st.sampled_from([1, 5, 10]),
)
def test_whatever_the_stamps_are_times_grow_and_gaps_are_not_filled(stamps, kind, ahead, fps):
    times, _ = clocked(*zip(*stamps, strict=True), kind, ahead=ahead)
    seconds = np.array([time.sec for time in times])
    steps = np.diff(seconds)
    assert seconds[0] == 0
    assert (steps > 0).all()
    in_one = np.array([not time.after_gap for time in times[1:]], bool)
    assert (steps[~in_one] > 0).all()
    frames = [Frame(NO_PICTURE, t.sec, n, after_gap=t.after_gap) for n, t in enumerate(times)]
    shown = list(at_rate(iter(frames), fps))
    # No more than the footage lasts, and in order; no time is invented.
    assert len(shown) <= steps[in_one].sum() * fps + (~in_one).sum() + 1 + 1e-3 * len(times)
    assert [frame.number for frame in shown] == sorted(frame.number for frame in shown)
    assert sum(frame.after_gap for frame in shown) == (~in_one).sum()
    assert (np.diff([frame.time_sec for frame in shown]) > 0).all()


@given(
    st.lists(st.permutations(range(4)), min_size=2, max_size=20),
    st.sampled_from([0.0, 3600.0]),
    st.booleans(),
    st.sampled_from([1.0, 0.5, 0.2]),
)
def test_of_stamps_in_a_wrong_order_no_rate_makes_more_frames(orders, start_sec, ahead, share):
    numbers = [4 * block + number for block, order in enumerate(orders) for number in order]
    times, clock = clocked([start_sec + 0.04 * number for number in numbers], ahead=ahead)
    # Where a block may also be a clock that begins anew, it is put after what was there.
    most = len(numbers) + 4 * (1 + clock.jumps)
    assert times[-1].sec <= 0.04 * most + 1e-9  # for rounding
    frames = [Frame(NO_PICTURE, t.sec, n, after_gap=t.after_gap) for n, t in enumerate(times)]
    shown = list(at_rate(iter(frames), 25 * share))
    assert len(shown) <= most * share + 1 + clock.jumps


@given(
    st.lists(st.floats(0.5, 1.5), min_size=1, max_size=50),
    st.lists(st.integers(0, 49), max_size=3),
    st.sampled_from([0.2, 0.5, 0.66]),
)
def test_no_frame_is_repeated_unless_the_rate_asks_for_it(steps, pauses, share):
    steps = [0.04 * step + 60 * (number in pauses) for number, step in enumerate(steps)]
    times, _ = clocked([0, *np.cumsum(steps)])
    frames = [Frame(NO_PICTURE, t.sec, n, after_gap=t.after_gap) for n, t in enumerate(times)]
    numbers = [frame.number for frame in at_rate(iter(frames), 25 * share)]
    assert len(set(numbers)) == len(numbers)


@given(st.lists(st.floats(0.01, 5), min_size=16, max_size=16), st.floats(0.01, 500))
def test_a_gap_is_much_longer_than_usual(steps, step):
    spacing = float(np.median(steps))
    assert is_gap(step, spacing) == (step > GAP_SEC and step > GAP_SPACINGS * spacing)


@pytest.mark.parametrize(
    ("shown", "announced", "fps"),
    [
        (even(50), [25], 25),
        ([*even(50), *even(50, 64)], [2.93, 25], 25),  # the mean of a file with a pause
        (even(60, 0, 1 / 15), [1000, 30], 15),
        ([round(t, 3) for t in even(60, 0, 1.001 / 30)], [], 30 / 1.001),
        ([round(t, 3) for t in even(60, 0, 1.001 / 24)], [24, 24 / 1.001], 24 / 1.001),
        (np.cumsum([1 / 30, 1 / 20] * 40), [30 / 1.001, 24], 24),  # film shown on television
        (even(30, 0, 5.0), [25], 0.2),
        ([0.0, 0.04], [12.5], 12.5),
        ([None] * 9, [12.5], 12.5),
        ([0.0], [], None),
    ],
)
def test_the_rate_is_that_of_the_usual_spacing(shown, announced, fps):
    found = frame_rate(measured_spacing([Stamps(stamp) for stamp in shown]), announced)
    assert found == (fps and pytest.approx(fps, rel=1e-4))
