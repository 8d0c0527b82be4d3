import pandas as pd
import pytest

from abnormal.printable import printable, spreadsheet_safe, without_spreadsheet_mark
from abnormal.report.tables import write_table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Straße カメラ 🎥 -v a%03d", "Straße カメラ 🎥 -v a%03d"),
        ("a\nb\r\x1b[2Jc\x07", "a%0Ab%0D%1B[2Jc%07"),
        ("c1\x9b31m", "c1%C2%9B31m"),
        ("gate\u202e4pm.exe", "gate%E2%80%AE4pm.exe"),
        ("caf\udce9", "caf%E9"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner is part of Persian spelling
    ],
)
def test_what_acts_on_a_terminal_is_escaped(text, shown):
    assert printable(text) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-v", "@SUM(1)", "＝1"])
def test_a_spreadsheet_does_not_take_a_name_for_a_formula(tmp_path, name):
    table = pd.DataFrame({"model": ["m"], "video": [name], "score": [-1.5]})
    write_table(tmp_path / "events.csv", table)
    assert (tmp_path / "events.csv").read_text() == f"model,video,score\nm,'{name},-1.5\n"
    assert without_spreadsheet_mark(spreadsheet_safe(name)) == name


def test_other_names_stay_as_they_are(tmp_path):
    for name in ("gate", "'quoted'", "5=6", "a-b"):
        assert spreadsheet_safe(name) == name == without_spreadsheet_mark(name)
    table = pd.DataFrame({"video": ["caf\udce9"], "label": pd.array([pd.NA], dtype="Int8")})
    write_table(tmp_path / "scores.csv", table)
    assert (tmp_path / "scores.csv").read_text() == "video,label\ncaf\\udce9,\n"
