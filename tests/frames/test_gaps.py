import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.frames.gaps import Gap, note_gaps, split_at_gaps, stretches, times_sec
from abnormal.video.stream import Frame

NO_PICTURE = np.zeros((1, 1), np.uint8)


@given(st.lists(st.booleans(), max_size=30))
def test_a_video_is_split_before_each_frame_that_follows_a_gap(after_gap):
    after_gap = [flag and number > 0 for number, flag in enumerate(after_gap)]
    frames = [Frame(NO_PICTURE, 10.0 * n, n, after_gap=flag) for n, flag in enumerate(after_gap)]
    gaps = []
    parts = [list(part) for part in split_at_gaps(note_gaps(frames, gaps), gaps)]
    assert [frame for part in parts for frame in part] == frames
    assert all(parts)
    assert [part[0].number for part in parts[1:]] == np.flatnonzero(after_gap).tolist()
    assert gaps == [Gap(n, 10.0 * n) for n in np.flatnonzero(after_gap)]
    if frames:
        borders = stretches(len(frames), gaps)
        assert [list(range(*border)) for border in borders] == [
            [frame.number for frame in part] for part in parts
        ]


def test_time_goes_on_in_gaps():
    gaps = [Gap(100, 64.0), Gap(102, 70.0)]
    frames = np.array([0, 99, 100, 101, 102, 127])
    expected = [0, 3.96, 64, 64.04, 70, 71]
    assert times_sec(frames, 25.0, gaps).tolist() == pytest.approx(expected)
    assert times_sec(frames, 25.0, ()).tolist() == pytest.approx((frames / 25).tolist())
