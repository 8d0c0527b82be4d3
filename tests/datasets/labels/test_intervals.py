import pytest

from abnormal.datasets.labels.intervals import (
    VideoLabels,
    annotation_from_intervals,
    read_intervals,
    read_labels_csv,
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


def test_rows_of_ones_own_labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "\ufeffVideo, start_frame ,end_frame,situation\r\n"
        "gate3.mp4,10,20,loitering\r\n"
        "gate3.mp4,40,41,running\r\n"
        "gate3.mp4,60,70,loitering\r\n"
        '"a, b.mp4",0,5\r\n'
        "Straße/yard,,,\r\n",
        "utf-8",
    )
    assert read_labels_csv(path) == {
        "gate3.mp4": VideoLabels(((10, 20), (40, 41), (60, 70)), "loitering + running"),
        "a, b.mp4": VideoLabels(((0, 5),), ""),
        "Straße/yard": VideoLabels((), ""),
    }


@pytest.mark.parametrize(
    "row", ["gate,a,5", "gate,5,", "gate,,5", "gate,5,5", "gate,6,5", "gate,-1,5", "gate,1.5,5",
            ",1,5", ",,"]
)  # fmt: skip
def test_a_row_that_is_none_is_quoted(tmp_path, row):
    path = tmp_path / "labels.csv"
    path.write_text(f"video,start_frame,end_frame\n{row}\n")
    with pytest.raises(AbnormalError, match=rf"labels\.csv has a row '{row}'; expected video,"):
        read_labels_csv(path)


def test_a_field_too_many_is_passed_over(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("video,start_frame,end_frame\ngate,1,5,what,is,this\n")
    assert read_labels_csv(path) == {"gate": VideoLabels(((1, 5),), "")}


def test_letters_that_are_not_utf_8(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("video,start_frame,end_frame\nStraße,1,5\n".encode("latin-1"))
    with pytest.raises(AbnormalError, match=r"labels\.csv cannot be read .* as CSV in UTF-8"):
        read_labels_csv(path)
