"""A video that is broken, meets a bug or kills its workers costs the others nothing."""

import itertools
from pathlib import Path

import pytest

from abnormal.detection.detect import results_of
from abnormal.detection.video_result import LeftOut
from abnormal.errors import AbnormalError
from abnormal.tasks.run import WorkerDiedError
from tests.detection.detecting import VIDEOS, score


def test_a_broken_video_is_left_out_and_the_others_are_scored(work, tmp_path, capsys, monkeypatch):
    img = tmp_path / "img"
    img.symlink_to(work / "img")
    monkeypatch.setattr("abnormal.inference.videos.read_masks", _broken_masks)
    assert score(work, tmp_path / "results", "--no-figures") == 0
    assert f"left out: {VIDEOS[1]}: broken" in capsys.readouterr().err
    assert score(work, tmp_path / "results", "--no-figures", "--strict") == 1
    rows = (tmp_path / "results" / "scores.csv").read_text().splitlines()[1:]
    names = [name for name, _ in itertools.groupby(row.split(",")[1] for row in rows)]
    assert names == [name for name in VIDEOS if name != VIDEOS[1]]


def test_a_bug_with_one_video_costs_no_other_its_results(work, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("abnormal.inference.videos.read_masks", _buggy_masks)
    assert score(work, tmp_path / "results", "--no-figures") == 3
    err = capsys.readouterr().err
    assert f"left out: {VIDEOS[1]}: this is a bug: UnicodeError: not UTF-8" in err
    log = Path(err.split("Details are in ")[1].split()[0])
    assert "_buggy_masks" in log.read_text()
    log.unlink()
    rows = (tmp_path / "results" / "scores.csv").read_text().splitlines()[1:]
    names = [name for name, _ in itertools.groupby(row.split(",")[1] for row in rows)]
    assert names == [name for name in VIDEOS if name != VIDEOS[1]]


def test_a_video_that_kills_its_workers_is_left_out_and_said(caplog):
    died = WorkerDiedError("each of the 3 workers that tried it died")
    with pytest.raises(AbnormalError, match="No video could be scored: see above"):
        results_of({"gate": died, "yard": LeftOut("broken")})
    assert [record.message for record in caplog.records] == [
        "  left out: gate: each of the 3 workers that tried it died",
        "  left out: yard: broken",
    ]


def _broken_masks(img, record):
    if record.video == VIDEOS[1]:
        raise AbnormalError("broken")


def _buggy_masks(img, record):
    if record.video == VIDEOS[1]:
        raise UnicodeError("not UTF-8")
