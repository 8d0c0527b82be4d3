import collections
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.frames.clips import (
    Clip,
    ClipCutter,
    clip_span,
    end_to_end_clips,
    epoch_clips,
    stream_clips,
    to_input,
)
from abnormal.video.flow import MovingFrame, without_speed

STRIDES = (1, 2, 3)

lengths = st.lists(st.integers(0, 90), max_size=6)
clip_lengths = st.integers(1, 12)


def numbers_of(clip, length):
    return [clip.start + clip.stride * k for k in range(length)]


@pytest.mark.parametrize(("stride", "span"), [(1, 10), (2, 19), (3, 28)])
def test_span_of_the_strides_of_the_paper(stride, span):
    assert clip_span(10, stride) == span


@given(lengths, clip_lengths, st.integers(0, 9), st.integers(0, 9))
def test_a_clip_of_an_epoch_never_crosses_the_border_of_its_video(frames, length, seed, epoch):
    for clip in epoch_clips(frames, length, STRIDES, seed, epoch):
        assert clip.start >= 0
        assert numbers_of(clip, length)[-1] < frames[clip.video]


@given(lengths, clip_lengths, st.integers(0, 9), st.integers(0, 9))
def test_clips_of_an_epoch_lie_end_to_end(frames, length, seed, epoch):
    clips = epoch_clips(frames, length, STRIDES, seed, epoch)
    for stride, (video, count) in itertools.product(STRIDES, enumerate(frames)):
        starts = sorted(c.start for c in clips if (c.video, c.stride) == (video, stride))
        if count < clip_span(length, stride):
            assert starts == []
            continue
        assert starts[0] < length * stride  # no clip fits in before the first one
        assert set(np.diff(starts)) <= {length * stride}
        assert starts[-1] + length * stride + clip_span(length, stride) > count  # nor after


@given(lengths, clip_lengths, st.integers(0, 9), st.integers(0, 9))
def test_no_frame_is_shown_twice_in_an_epoch_with_one_stride(frames, length, seed, epoch):
    for stride in STRIDES:
        shown = collections.Counter(
            (clip.video, number)
            for clip in epoch_clips(frames, length, [stride], seed, epoch)
            for number in numbers_of(clip, length)
        )
        assert max(shown.values(), default=1) == 1


def test_all_strides_of_all_long_enough_videos_are_there():
    clips = epoch_clips([9, 10, 18, 19, 27, 28], 10, STRIDES, seed=0, epoch=0)
    assert sorted({(clip.stride, clip.video) for clip in clips}) == [
        *[(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)],
        *[(2, 3), (2, 4), (2, 5)],
        (3, 5),
    ]


def test_an_epoch_depends_on_its_seed_and_number_alone():
    def clips(seed, epoch):
        return epoch_clips([200, 300], 10, STRIDES, seed, epoch)

    first = clips(0, 0)
    np.random.default_rng().random(10)
    for other in (clips(0, 1), clips(1, 0), clips(5, 7)):
        assert sorted(other) != sorted(first)
    assert clips(0, 0) == first


def test_the_first_frames_of_videos_and_strides_are_drawn_each_for_itself():
    clips = epoch_clips([400] * 20, 10, STRIDES, seed=0, epoch=0)
    firsts = collections.defaultdict(list)
    for clip in clips:
        firsts[clip.video, clip.stride].append(clip.start)
    assert len({min(starts) for starts in firsts.values()}) > 10


def test_every_first_frame_is_drawn_at_some_time():
    firsts = {
        min(clip.start for clip in epoch_clips([100], 4, [2], seed=0, epoch=epoch))
        for epoch in range(200)
    }
    assert firsts == set(range(8))


def test_an_epoch_is_shuffled():
    clips = epoch_clips([2000], 10, [1], seed=0, epoch=0)
    assert clips != sorted(clips)
    other = epoch_clips([2000], 10, [1], seed=0, epoch=1)
    ranks = [np.argsort([clip.start for clip in some])[:190].tolist() for some in (clips, other)]
    assert ranks[0] != ranks[1]


def test_end_to_end_clips_by_hand():
    assert end_to_end_clips([25, 9, 10], 10) == [Clip(0, 0, 1), Clip(0, 10, 1), Clip(2, 0, 1)]


def pictures(count):
    return (np.full((2, 3), number, np.uint8) for number in range(count))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, []),
        (1, [([0, 0, 0, 0], 0, 1)]),
        (3, [([0, 1, 2, 2], 0, 3)]),
        (4, [([0, 1, 2, 3], 0, 4)]),
        (6, [([0, 1, 2, 3], 0, 4), ([2, 3, 4, 5], 2, 4)]),
        (9, [([0, 1, 2, 3], 0, 4), ([4, 5, 6, 7], 0, 4), ([5, 6, 7, 8], 3, 4)]),
    ],
)
def test_a_stream_cut_into_clips_by_hand(count, expected):
    windows = list(stream_clips(without_speed(pictures(count)), 4))
    found = [(w.frames[:, 0, 0].tolist(), w.new.start, w.new.stop) for w in windows]
    assert found == expected


@given(st.integers(1, 120), clip_lengths)
def test_a_stream_shows_every_frame_once_in_order(count, length):
    new = []
    for window in stream_clips(without_speed(pictures(count)), length):
        assert window.frames.shape == (length, 2, 3)
        new += window.frames[window.new, 0, 0].tolist()
    assert new == list(range(count))


@given(st.integers(1, 120), clip_lengths)
def test_a_frame_waits_for_the_end_of_its_clip_and_no_longer(count, length):
    taken = []
    frames = (taken.append(number) or picture for number, picture in enumerate(pictures(count)))
    for window in stream_clips(without_speed(frames), length):
        oldest = int(window.frames[window.new.start, 0, 0])
        assert taken[-1] - oldest < length


def test_axis_0_of_a_clip_is_time_and_no_picture_is_mixed_with_another(picture_of, number_of):
    frames = (picture_of(number, 10, 16) for number in range(10))
    (window,) = stream_clips(without_speed(frames), 10)
    assert window.frames.shape == (10, 10, 16)
    assert [number_of(picture) for picture in window.frames] == list(range(10))


def test_a_clip_does_not_change_when_the_stream_goes_on():
    windows = stream_clips(without_speed(pictures(8)), 4)
    first = next(windows)
    next(windows)
    assert first.frames[:, 0, 0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("count", "hop", "expected"),
    [
        (3, 1, [(0, 0, 3)]),
        (6, 1, [(0, 0, 4), (1, 3, 4), (2, 3, 4)]),
        (6, 2, [(0, 0, 4), (2, 2, 4)]),
        (7, 2, [(0, 0, 4), (2, 2, 4), (3, 3, 4)]),
        (9, 3, [(0, 0, 4), (3, 1, 4), (5, 2, 4)]),
        (8, 4, [(0, 0, 4), (4, 0, 4)]),
    ],
)
def test_clips_may_overlap(count, hop, expected):
    windows = stream_clips(without_speed(pictures(count)), 4, hop)
    found = [(int(w.frames[0, 0, 0]), w.new.start, w.new.stop) for w in windows]
    assert found == expected


@given(st.integers(1, 60), clip_lengths, st.data())
def test_a_frame_of_overlapping_clips_waits_for_its_hop_and_no_longer(count, length, data):
    hop = data.draw(st.integers(1, length))
    taken, new = [], []
    frames = (taken.append(number) or picture for number, picture in enumerate(pictures(count)))
    for window in stream_clips(without_speed(frames), length, hop):
        numbers = window.frames[window.new, 0, 0].tolist()
        assert taken[-1] - numbers[0] < (hop if new else length)
        new += numbers
    assert new == list(range(count))


def test_speeds_stay_with_their_frames():
    frames = [MovingFrame(np.full((2, 3), n, np.uint8), np.full((2, 3), n / 2)) for n in range(6)]
    for window in stream_clips(frames, 4, with_speed=True):
        assert np.array_equal(window.speed, window.frames / 2)


def slow(count, measured):
    """Frames whose speed is half their number, but for the first, which has none."""
    for number, picture in enumerate(pictures(count)):
        speed = np.full((2, 3), number / 2, np.float32) if measured and number else None
        yield MovingFrame(picture, speed)


def cut_by_hand(count, length, hop):
    """Frames, first and stop of each clip, from the rule alone, without a stream."""
    if count <= length:
        return [([*range(count), *[count - 1] * (length - count)], 0, count)] if count else []
    last_frames = [*range(length - 1, count, hop)]
    if last_frames[-1] != count - 1:
        last_frames.append(count - 1)
    before = [-1, *last_frames]
    return [
        ([*range(last - length + 1, last + 1)], length - (last - seen), length)
        for seen, last in zip(before, last_frames, strict=False)
    ]


@given(st.integers(0, 60), clip_lengths, st.booleans(), st.data())
def test_a_cutter_gives_the_clips_of_the_stream_and_of_the_rule(count, length, measured, data):
    hop = data.draw(st.integers(1, length))
    cutter, pushed = ClipCutter(length, hop, measured), []
    for frame in slow(count, measured):
        pushed += cutter.add(frame)
    pushed += cutter.finish()
    assert cutter.finish() == []
    streamed = list(stream_clips(slow(count, measured), length, hop, measured))
    for one, other in zip(pushed, streamed, strict=True):
        assert np.array_equal(one.frames, other.frames)
        assert one.new == other.new
        assert (one.speed is None) == (other.speed is None) == (not measured)
        if measured:
            assert np.array_equal(one.speed, other.speed)
            expected = one.frames / 2
            expected[one.frames == 0] = 0.5 if count > 1 else 0  # the first has the second's speed
            assert np.array_equal(one.speed, expected)
            assert one.speed.dtype == np.float32
    found = [(one.frames[:, 0, 0].tolist(), one.new.start, one.new.stop) for one in pushed]
    assert found == cut_by_hand(count, length, hop)


@pytest.mark.parametrize(
    ("length", "completed"), [(1, [0, 2, 1, 1]), (2, [0, 1, 0, 1]), (3, [0, 0, 1, 0])]
)
def test_only_the_first_frame_waits_for_the_second_and_only_for_its_speed(length, completed):
    cutter = ClipCutter(length, with_speed=True)
    assert [len(cutter.add(frame)) for frame in slow(4, measured=True)] == completed
    cutter = ClipCutter(length)
    ends = [int((number + 1) % length == 0) for number in range(4)]
    assert [len(cutter.add(frame)) for frame in slow(4, measured=False)] == ends


def test_a_first_frame_whose_speed_is_known_keeps_it_and_does_not_wait():
    """A camera's frame after one that was dropped: its speed was measured before that."""
    cutter = ClipCutter(1, with_speed=True)
    frames = [MovingFrame(np.zeros((2, 3), np.uint8), np.full((2, 3), s)) for s in (3.0, 1.0)]
    speeds = [window.speed[0, 0, 0] for frame in frames for window in cutter.add(frame)]
    assert speeds == [3.0, 1.0]


def test_a_later_frame_without_a_speed_has_the_speed_0_and_does_not_wait():
    cutter = ClipCutter(1, with_speed=True)
    frames = [
        MovingFrame(np.zeros((2, 3), np.uint8), None if s is None else np.full((2, 3), s))
        for s in (None, 2.0, None, 3.0)
    ]
    speeds = [[window.speed[0, 0, 0] for window in cutter.add(frame)] for frame in frames]
    assert speeds == [[], [2.0, 2.0], [0.0], [3.0]]


def test_speeds_that_nobody_asked_for_are_left_out():
    (window,) = stream_clips(slow(4, measured=True), 4)
    assert window.speed is None


def test_pixels_become_0_to_1():
    pixels = to_input(np.array([[[0, 51, 255]]], np.uint8))
    assert pixels.dtype == np.float32
    assert pixels.tolist() == [[[0, pytest.approx(0.2), 1]]]
