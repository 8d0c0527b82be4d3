import pytest

from abnormal.datasets.labels.table import VideoLabels, is_table, read_table
from abnormal.errors import AbnormalError


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
    assert read_table(path) == {
        "gate3.mp4": VideoLabels(((10, 20), (40, 41), (60, 70)), "loitering + running"),
        "a, b.mp4": VideoLabels(((0, 5),), ""),
        "Straße/yard": VideoLabels((), ""),
    }


@pytest.mark.parametrize(
    "row", ["gate,a,5", "gate,5,", "gate,,5", "gate,5,5", "gate,6,5", "gate,-1,5", "gate,1.5,5",
            ",1,5", ",,,theft", f"gate,1,{'9' * 5000}"]
)  # fmt: skip
def test_a_row_that_is_none_is_quoted(tmp_path, row):
    path = tmp_path / "labels.csv"
    path.write_text(f"video,start_frame,end_frame,situation\n{row}\n")
    with pytest.raises(AbnormalError, match=rf"labels\.csv has a row '{row}'; .* line 2"):
        read_table(path)


@pytest.mark.parametrize("blank", ["", ";;", " ; ;", '"";;', "\t"])
def test_a_row_of_blanks_as_spreadsheets_leave_them_is_none(tmp_path, blank):
    path = tmp_path / "labels.csv"
    path.write_text(f"video;start_frame;end_frame\n{blank}\ngate;1;5\n{blank}\n")
    assert read_table(path) == {"gate": VideoLabels(((1, 5),), "")}


def test_a_cell_that_never_ends(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text('video,start_frame,end_frame\n"a.mp4,1,5\n' + "b.mp4,1,5\n" * 15_000)
    for read in (is_table, read_table):
        with pytest.raises(AbnormalError, match=r"line [0-9]+: field larger.*quote missing"):
            read(path)


def test_a_field_too_many_is_passed_over(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("video,start_frame,end_frame\ngate,1,5,what,is,this\n")
    assert read_table(path) == {"gate": VideoLabels(((1, 5),), "")}


def test_letters_that_are_not_utf_8(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("video,start_frame,end_frame\nStraße,1,5\n".encode("latin-1"))
    with pytest.raises(AbnormalError, match=r"labels\.csv cannot be read .* as CSV in UTF-8"):
        read_table(path)


WANTED = {"gate.mp4": VideoLabels(((3, 6),), "brawl"), "a, b": VideoLabels((), "")}
PLAIN = 'video,start_frame,end_frame,situation\ngate.mp4,3,6,brawl\n"a, b",,,\n'
QUOTED = (
    '"video","start_frame","end_frame","situation"\n"gate.mp4","3","6","brawl"\n"a, b","","",""\n'
)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        QUOTED.encode(),
        PLAIN.replace("\n", "\r\n").encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.replace(",", ";").replace("a; b", "a, b").encode(),
        PLAIN.replace(",", "\t").replace("a\t b", "a, b").encode("utf-16"),
        ("sep=;\n" + PLAIN.replace(",", ";").replace("a; b", "a, b")).encode(),
        PLAIN.replace("video,start_frame", " VIDEO , Start Frame ").encode(),
        b'situation,end_frame,start_frame,video,who\nbrawl,6,3,gate.mp4,me\n,,,"a, b",me\n',
    ],
)
def test_a_table_is_read_whatever_program_wrote_it(tmp_path, content):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    assert is_table(path)
    assert read_table(path) == WANTED


@pytest.mark.parametrize(
    ("start", "end", "interval"),
    [
        ("1.5", "2", (1.5, 2.0)),
        ("1,5", "2,25", (1.5, 2.25)),
        ("0:59", "1:02.5", (59.0, 62.5)),
        ("1:00:00", "1:00:01", (3600.0, 3601.0)),
    ],
)
def test_seconds(tmp_path, start, end, interval):
    path = tmp_path / "labels.csv"
    path.write_text(f"video;start_sec;end_sec\ngate;{start};{end}\nyard;;\n")
    assert read_table(path) == {
        "gate": VideoLabels((), "", (interval,)),
        "yard": VideoLabels((), ""),
    }


@pytest.mark.parametrize(
    "row", ["gate,2,1", "gate,1,", "gate,-1,2", "gate,a,b", ",1,2", "gate,1,1"]
)
def test_seconds_that_are_none(tmp_path, row):
    path = tmp_path / "labels.csv"
    path.write_text(f"video,start_sec,end_sec\ngate,1,2\n{row}\n")
    with pytest.raises(AbnormalError, match=rf"has a row '{row}'; expected .*It is line 3"):
        read_table(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "video,start_frame\ngate,1\n",
        "start_frame,end_frame\n1,5\n",
        "gate.mp4,10,20\n",
        "video,begin,end\ngate,1,5\n",
        "clip,from,to\ngate,10,20\nyard,5,6\n",
        "gate,fight\nyard,normal\n",
    ],
)
def test_a_table_without_its_columns_is_refused_with_its_first_line(tmp_path, content):
    path = tmp_path / "labels.csv"
    path.write_text(content)
    assert is_table(path)
    first = content.split("\n")[0]
    with pytest.raises(AbnormalError, match=rf"begins with '{first}'\. Expected: a line with the"):
        read_table(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.csv", "0\n1\n1\n"),
        ("labels.csv", "frame,label\n0,0\n1,1\n"),
        ("labels.csv", "frame,label\n000.jpg,0\n001.jpg,1\n"),
        ("labels.txt", "0 1 1"),
        ("labels.txt", ""),
        ("labels.npy", ""),
    ],
)
def test_a_number_for_each_frame_is_no_table(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert not is_table(tmp_path / name)


UCF_CRIME = """Abuse028_x264.mp4  Abuse  165  240  -1  -1
Arson011_x264.mp4  Arson  1  420  680  1267
Normal_Videos_003_x264.mp4  Normal  -1  -1  -1  -1
"""
XD_VIOLENCE = """Bad.Boys.1995__#01-11-55_01-12-40_label_G-B2-B6 100 357 405 610
v=8cTqh9tMz_I__#1_label_B1-0-0.mp4 0 30
"""


def test_the_labels_of_ucf_crime_count_from_1_and_include_both_ends(tmp_path):
    path = tmp_path / "Temporal_Anomaly_Annotation_for_Testing_Videos.txt"
    path.write_text(UCF_CRIME)
    assert is_table(path)
    assert read_table(path) == {
        "Abuse028_x264.mp4": VideoLabels(((164, 240),), "Abuse", clipped=True),
        "Arson011_x264.mp4": VideoLabels(((0, 420), (679, 1267)), "Arson", clipped=True),
        "Normal_Videos_003_x264.mp4": VideoLabels((), "", clipped=True),
    }


def test_the_labels_of_xd_violence_count_from_0(tmp_path):
    path = tmp_path / "annotations.txt"
    path.write_text(XD_VIOLENCE)
    assert is_table(path)
    assert read_table(path) == {
        "Bad.Boys.1995__#01-11-55_01-12-40_label_G-B2-B6": VideoLabels(
            ((100, 357), (405, 610)), "explosion + shooting + car accident", clipped=True
        ),
        "v=8cTqh9tMz_I__#1_label_B1-0-0.mp4": VideoLabels(((0, 30),), "fighting", clipped=True),
    }


@pytest.mark.parametrize(
    "line",
    [
        "gate 1",
        "gate 5 4",
        "gate a b",
        "gate Abuse 1 -1 -1 -1",
        "gate Abuse 5 4",
        "gate",
        f"gate 1 {'9' * 5000}",
    ],
)
def test_a_line_that_is_neither(tmp_path, line):
    path = tmp_path / "labels.txt"
    path.write_text(f"{UCF_CRIME}\n{line}\n")
    with pytest.raises(AbnormalError, match=rf"has a line '{line}'; expected .*It is line 5"):
        read_table(path)
