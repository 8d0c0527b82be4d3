"""Where and in what order videos are scored and drawn makes no difference to the results."""

import itertools
import json
import os
import re
import signal
import threading
from pathlib import Path

import pytest

from abnormal.detection import detect as detect_module
from abnormal.detection import drawing as drawing_module
from abnormal.detection import video as video_module
from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.lock import locked
from abnormal.tasks.local import in_threads
from tests.detection.detecting import FRAMES, VIDEOS, assert_same, score


def test_the_results_of_one_machine_are_in_the_order_of_the_videos(local):
    rows = (local / "scores.csv").read_text().splitlines()[1:]
    names = [name for name, _ in itertools.groupby(row.split(",")[1] for row in rows)]
    assert names == VIDEOS
    events = json.loads((local / "events.json").read_text())
    assert len(events) >= 2
    thumbnails = {f"{event['video']}-{event['event']}.jpg" for event in events}
    found = (local / "thumbnails").rglob("*.jpg")
    assert {str(path.relative_to(local / "thumbnails")) for path in found} == thumbnails


def test_workers_give_what_one_machine_gives_though_one_is_killed(
    work, local, dask_cluster, tmp_path, decoded, capsys
):
    """Every video comes out once, and as it comes out of one process."""

    begun = f"**/.partial-*@*-{Path(VIDEOS[1]).name}.mp4"
    killed, over = [], threading.Event()

    def kill_one():
        """Kills the worker that is in the middle of the second video."""
        while not killed and not over.wait(0.01):
            for path in (tmp_path / "results").glob(begun):
                killed.append(int(re.search(r"partial-(\d+)@", path.name)[1]))
                os.kill(killed[0], signal.SIGKILL)
                break

    thread = threading.Thread(target=kill_one)
    with dask_cluster(tmp_path) as address:
        thread.start()
        code = score(work, tmp_path / "results", "--scheduler", address)
        over.set()
        thread.join()
    told = capsys.readouterr().err
    assert (code, len(killed)) == (0, 1), told
    assert "left out" not in told
    for path in (tmp_path / "results").glob(begun):
        path.unlink()  # the killed one's
    assert_same(tmp_path / "results", local, decoded)


def test_a_video_is_drawn_while_the_next_one_is_scored(work, tmp_path, monkeypatch):
    """The first one's drawing waits until the second one is scored."""
    scored, drawn = threading.Event(), []
    plain = video_module._score_all

    def scoring(job, detectors, video, *others):
        result = plain(job, detectors, video, *others)
        if video.name == VIDEOS[1]:
            scored.set()
        return result

    def drawing(job, detectors, video, *others):
        assert scored.wait(60)
        drawn.append(video.name)

    monkeypatch.setattr(video_module, "_score_all", scoring)
    monkeypatch.setattr(drawing_module, "draw_video", drawing)
    assert score(work, tmp_path / "results") == 0
    assert sorted(drawn) == VIDEOS


def test_a_figure_that_fails_is_said_once_the_tables_are_there(
    work, local, tmp_path, monkeypatch, capsys
):
    plain = drawing_module.write_annotated

    def write(path, pictures, annotation):
        if annotation.video.name == VIDEOS[2]:
            raise AbnormalError("has the source changed?")
        plain(path, pictures, annotation)

    monkeypatch.setattr(drawing_module, "write_annotated", write)
    assert score(work, tmp_path / "results") == 1
    assert "has the source changed?" in capsys.readouterr().err
    for table in ("scores.csv", "events.json", "metrics.json"):
        assert sha256(tmp_path / "results" / table) == sha256(local / table)
    assert (tmp_path / "results" / "videos" / f"{VIDEOS[3]}.mp4").exists()
    assert (tmp_path / "results" / "report.html").exists()


def test_ctrl_c_does_not_wait_for_the_videos_that_are_under_way(work, tmp_path, monkeypatch):
    def drawing(job, detectors, video, outputs, tick):
        while video.name != VIDEOS[0]:  # drawn for ever, or until nobody waits for it
            tick(0)

    def interrupted(count, stop):
        def run(task, items):
            for _ in in_threads(count, stop)(task, items):
                raise KeyboardInterrupt

        return run

    monkeypatch.setattr(drawing_module, "draw_video", drawing)
    monkeypatch.setattr(detect_module, "in_threads", interrupted)
    assert score(work, tmp_path / "results") == 130
    assert not (tmp_path / "results" / "scores.csv").exists()


def test_of_events_few_frames_are_drawn_each_at_its_time(
    work, local, tmp_path, decoded, monkeypatch
):
    found = detect_module.find_videos
    (name,) = only = ["normal/06"]
    monkeypatch.setattr(
        detect_module, "find_videos", lambda options: [v for v in found(options) if v.name in only]
    )
    assert score(work, tmp_path, "--figures-for", "events") == 0
    rows = [row for row in (local / "scores.csv").read_text().splitlines() if name in row]
    assert (tmp_path / "scores.csv").read_text().splitlines()[1:] == rows
    for kind, most in {"videos": 2, "anomalies": FRAMES - 1}.items():
        drawn, whole = (decoded(place / kind / f"{name}.mp4") for place in (tmp_path, local))
        assert 2 <= len(drawn[1]) <= most < len(whole[1]) == FRAMES
        assert drawn[2][-1] == pytest.approx(whole[2][-1], abs=0.01)


def test_two_runs_at_once_do_not_mix_their_results(work, tmp_path, capsys):
    with locked(tmp_path / ".lock", "test run", "--output"):
        assert score(work, tmp_path) == 1
    told = capsys.readouterr().err
    assert f"Another test run writes to {tmp_path}: host" in told
    assert "another folder with --output" in told
    assert list(tmp_path.iterdir()) == []
