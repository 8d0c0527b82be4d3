"""The simulated cameras that docs/LIVE.md starts from a terminal."""

import csv
import subprocess
import sys
import urllib.request

import pytest

from benchmarks import mjpeg_camera


@pytest.fixture
def folder(tmp_path, numbered_jpegs):
    (tmp_path / "cart" / "03").mkdir(parents=True)
    (tmp_path / "cart" / "03" / "000.jpg").write_bytes(numbered_jpegs[0])
    return tmp_path / "cart" / "03"


def test_it_prints_a_table_of_cameras_that_answer(folder):
    command = [sys.executable, mjpeg_camera.__file__, "--port", "0", str(folder), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            rows = list(csv.DictReader([program.stdout.readline() for _ in range(3)]))
            assert [row["name"] for row in rows] == ["cart-1", "cart-2"]
            for row in rows:
                with urllib.request.urlopen(row["source"], timeout=20) as answer:
                    assert answer.readline() == b"--frame\r\n"
        finally:
            program.terminate()


def test_a_folder_without_pictures_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mjpeg_camera.py", str(tmp_path)])
    assert mjpeg_camera.main() == 1
    assert f"{tmp_path} has no pictures" in capsys.readouterr().err
