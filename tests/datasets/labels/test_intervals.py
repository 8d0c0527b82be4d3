import numpy as np
import pytest

from abnormal.datasets.labels.intervals import (
    annotation_from_intervals,
    labels_at,
    read_intervals,
)
from abnormal.errors import AbnormalError

SCRIPT = """TestVideoFile = {};
% TestVideoFile{end+1}.gt_frame = [1:2];
TestVideoFile{end+1}.gt_frame = [4:6, 11:11];
TestVideoFile{end+1}.gt_frame = [4:6 11];
"""
ABNORMAL = [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([], [0, 0, 0, 0, 0]),
        ([(0, 1)], [1, 0, 0, 0, 0]),
        ([(1, 3)], [0, 1, 1, 0, 0]),
        ([(0, 2), (4, 5)], [1, 1, 0, 0, 1]),
        ([(0, 5)], [1, 1, 1, 1, 1]),
    ],
)
def test_intervals_count_from_0_and_end_before_their_second_number(intervals, expected):
    assert annotation_from_intervals(intervals, 5).labels.tolist() == expected


@pytest.mark.parametrize("interval", [(-1, 3), (3, 6), (3, 3)])
def test_intervals_that_do_not_fit(interval):
    message = rf"frames {interval[0]} to {interval[1] - 1} are called .* 5 frames, 0 to 4"
    with pytest.raises(AbnormalError, match=message):
        annotation_from_intervals([interval], 5)


@pytest.mark.parametrize("number", [1, 2])
def test_a_script_counts_from_1_and_includes_both_ends(tmp_path, number):
    (tmp_path / "ped2.m").write_text(SCRIPT)
    assert read_intervals(tmp_path / "ped2.m", number, 12).labels.tolist() == ABNORMAL


def test_a_cell_array_counts_from_1_and_includes_both_ends(tmp_path, save_cells):
    path = save_cells(tmp_path / "ped2.mat", "gt", [[[1], [2]], [[4, 11], [6, 11]]])
    assert read_intervals(path, 2, 12).labels.tolist() == ABNORMAL


def test_a_cell_without_ends(tmp_path, save_cells):
    path = save_cells(tmp_path / "ped2.mat", "gt", [[[1, 2, 3]]])
    with pytest.raises(AbnormalError, match="a video with 3 numbers in 'gt'"):
        read_intervals(path, 1, 12)


@pytest.mark.parametrize("number", [0, 3])
def test_a_video_that_the_intervals_do_not_speak_of(tmp_path, number):
    (tmp_path / "ped2.m").write_text(SCRIPT)
    with pytest.raises(AbnormalError, match=rf"labels for 2 videos, but none for number {number}"):
        read_intervals(tmp_path / "ped2.m", number, 12)


def test_intervals_may_be_clipped_but_not_lie_outside():
    assert annotation_from_intervals([(3, 99)], 5, clipped=True).labels.tolist() == [0, 0, 0, 1, 1]
    with pytest.raises(AbnormalError, match="frames 5 to 98 are called abnormal"):
        annotation_from_intervals([(5, 99)], 5, clipped=True)


def test_a_frame_is_abnormal_if_it_is_shown_in_an_interval():
    times = np.array([0, 0.04, 0.08, 0.5, 0.54])  # the rate varies
    assert labels_at(times, [(0.04, 0.08), (0.5, 0.9)], 25).tolist() == [0, 1, 0, 1, 1]
    assert labels_at(times, [], 25).tolist() == [0] * 5
    for interval in ((0.2, 2), (0.6, 0.7)):
        with pytest.raises(AbnormalError, match=r"s are called abnormal, .* video lasts 0\.58 s"):
            labels_at(times, [interval], 25)
