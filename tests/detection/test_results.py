"""What is said about files that were in the folder of results before a run."""

import os
from types import SimpleNamespace

import pytest

from abnormal.detection.detect import Detections
from abnormal.detection.job import Job
from abnormal.detection.results import finish_results


@pytest.mark.parametrize(
    "name",
    ["comparison.csv", "report.html", "roc.png", "histogram.svg", "losses.png", "videos/a.mp4"],
)
def test_a_file_of_an_earlier_run_is_named(name, tmp_path, caplog):
    caplog.set_level("INFO")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    for name_of_any in (name, "events.jsonl", "notes.txt"):  # which a run neither writes nor shows
        (tmp_path / name_of_any).write_text("")
        os.utime(tmp_path / name_of_any, (1000, 1000))
    unfinished = SimpleNamespace(started_sec=2000.0, remove=lambda: None)
    finish_results(Detections(Job({}, None, output=tmp_path), {}, {}, {}, unfinished))
    assert f"also has results of another run: {tmp_path / name}" in caplog.text
    assert "more" not in caplog.text
