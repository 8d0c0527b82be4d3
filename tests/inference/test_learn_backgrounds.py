"""The background of a camera is learnt from frames that are spread evenly over its footage."""

import contextlib
import itertools

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.learn_backgrounds import SHORTEST_SEC, learn_backgrounds
from abnormal.inference.normal_video import NormalVideo

EMPTY, TRUCK = 100, 230
SLOW = 1 / SHORTEST_SEC  # no video counts as longer than it is


def video(frames, number=0, length=None, opened=None):
    """A video of some frames, which adds its number to a list whenever it is opened."""

    @contextlib.contextmanager
    def open_frames():
        if opened is not None:
            opened.append(number)
        yield iter(frames)

    length = len(frames) if length is None else length
    return NormalVideo(f"{number:03d}", "", open_frames, length, held_out=True)


def showing(level, count):
    return np.full((count, 4, 4), level, np.uint8)


def test_the_background_of_many_videos_is_learnt_from_some_of_them():
    opened = []
    videos = [video(showing(number, 30), number, opened=opened) for number in range(201)]
    background = learn_backgrounds(videos, SLOW)[""]
    assert len(opened) <= 2 * 100
    assert abs(int(background[0, 0]) - 100) <= 2


@pytest.mark.parametrize(
    ("files", "is_length_known"),
    # Of more than 200 files only some are read, and nobody knows which are long.
    [*itertools.product([1, 9, 60, 150], [True, False]), (300, True)],
)
@pytest.mark.parametrize(("empty", "truck", "expected"), [(3000, 900, EMPTY), (900, 1200, TRUCK)])
def test_what_is_there_most_of_the_time_is_background_however_the_footage_was_cut(
    files, is_length_known, empty, truck, expected
):
    parts = np.array_split(showing(TRUCK, truck), files)
    parts.insert(files // 2 + 1, showing(EMPTY, empty))
    videos = [
        video(part, number, None if is_length_known else 0) for number, part in enumerate(parts)
    ]
    assert (learn_backgrounds(videos, SLOW)[""] == expected).all()


@pytest.mark.parametrize(("truck_sec", "expected"), [(50, EMPTY), (150, TRUCK)])
def test_a_video_counts_for_a_minute_at_least(truck_sec, expected):
    videos = [video(showing(EMPTY, 50)), video(showing(TRUCK, 10 * truck_sec), 1)]
    videos.append(video(showing(EMPTY, 40), 2))
    assert (learn_backgrounds(videos, 10.0)[""] == expected).all()


@pytest.mark.parametrize(("count", "step"), [(1, 1), (7, 8), (40, 64), (120, 256)])
def test_videos_of_one_length_have_as_many_frames_each(count, step):
    draw = np.random.default_rng(count)
    frames = draw.integers(0, 256, (count, 150, 3, 3), np.uint8)
    expected = np.median(frames[:, ::step].reshape(-1, 3, 3), axis=0).astype(np.uint8)
    videos = [video(one, number) for number, one in enumerate(frames)]
    background = learn_backgrounds(videos, SLOW)[""]
    assert np.array_equal(background, expected)


@pytest.mark.parametrize("cuts", [[], [20_000], [100, 200, 300, 5000, 5001]])
def test_memory_does_not_grow_with_the_footage_and_nothing_is_read_twice(monkeypatch, cuts):
    kept, opened = [], []
    monkeypatch.setattr(
        "abnormal.inference.learn_backgrounds.learn_background",
        lambda frames: kept.append(len(frames)),
    )
    borders = [0, *cuts, 30_000]
    learn_backgrounds(
        [
            video(showing(EMPTY, stop - start), number, opened=opened)
            for number, (start, stop) in enumerate(itertools.pairwise(borders))
        ],
        SLOW,
    )
    assert 50 <= kept[0] <= 200
    assert opened == list(range(len(borders) - 1))


def test_a_video_counts_for_as_much_of_it_as_can_be_read():
    def damaged():
        yield from showing(TRUCK, 5)
        raise AbnormalError("It is damaged.")

    videos = [video(showing(EMPTY, 1000), 0), video(damaged(), 1, 9000), video(damaged(), 2, 0)]
    assert (learn_backgrounds(videos, SLOW)[""] == EMPTY).all()


def test_a_camera_without_a_frame_has_no_background():
    assert learn_backgrounds([video(showing(EMPTY, 0), 0)], SLOW) == {}
