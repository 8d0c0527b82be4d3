"""A killed run leaves results, and the next one scores what is missing or has changed."""

import itertools
import os

import pytest

from abnormal.detection import detect as detect_module
from abnormal.detection import results as results_module
from abnormal.detection import unfinished as unfinished_module
from abnormal.detection import video as video_module
from abnormal.detection.detect import Detections
from abnormal.detection.job import Job
from abnormal.detection.results import EARLY_SHARE, EarlyResults
from abnormal.detection.unfinished import identity_of_run
from tests.detection.detecting import VIDEOS, assert_same, score


def test_results_are_there_as_soon_as_a_video_is_done(work, tmp_path, monkeypatch):
    score_until_killed(work, tmp_path, 2, monkeypatch)
    rows = (tmp_path / "scores.csv").read_text().splitlines()[1:]
    names = [name for name, _ in itertools.groupby(row.split(",")[1] for row in rows)]
    assert names == VIDEOS[: len(names)] != []
    page = (tmp_path / "report.html").read_text()
    assert f"{len(VIDEOS) - len(names)} more are being scored" in page


def test_early_results_take_little_of_the_time(monkeypatch):
    """Each time they take one second; then they wait."""
    now, written = 0.0, []

    def write(*_):
        nonlocal now
        now += 1
        written.append(now)

    monkeypatch.setattr(results_module, "model_results", lambda detections: {})
    monkeypatch.setattr(results_module, "write_results", write)
    early = EarlyResults(lambda: now)
    for _ in range(100):
        early.write(Detections(Job({}, None), {}, {}))
        now += 1
    assert 0.8 < len(written) / (EARLY_SHARE * now) < 1.3


class KilledError(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.fixture
def scored(monkeypatch):
    """The names of the videos that are scored, in their order."""
    names, plain = [], video_module._score_all

    def scoring(job, detectors, video, *others):
        names.append(video.name)
        return plain(job, detectors, video, *others)

    monkeypatch.setattr(video_module, "_score_all", scoring)
    return names


def score_until_killed(work, output, after, monkeypatch, *options):
    """Scores the videos one by one, and is killed after so many of them."""

    def killed(count, stop):
        def run(task, items):
            for item in items[:after]:
                yield item, task(item)
            raise KilledError

        return run

    with monkeypatch.context() as patch:
        patch.setattr(detect_module, "in_threads", killed)
        with pytest.raises(KilledError):
            score(work, output, *options)


def test_a_run_that_was_killed_goes_on_with_the_videos_that_are_missing(
    work, local, tmp_path, decoded, monkeypatch, scored, capsys
):
    output = tmp_path / "results"
    for after in (1, 2):  # the second time, after two more
        score_until_killed(work, output, after, monkeypatch)
    assert scored == VIDEOS[:3]
    assert score(work, output) == 0
    assert scored == VIDEOS
    told = capsys.readouterr().err
    assert "going on with a run that was interrupted: 3 of 4 videos are scored already" in told
    assert "results of another run" not in told
    assert_same(output, local, decoded)


def change_an_option(work, output):
    return ["--threshold", "0.4"]


def change_a_model(work, output):
    os.utime(work / "model.h5")  # not its content: that changes nothing
    return []


def change_a_video(work, output):
    os.utime(work / "img" / "testing" / VIDEOS[1] / "labels.txt")
    return []


def damage_a_result(work, output):
    for path in (output / ".unfinished").glob("*.npz"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    return []


def remove_a_plot(work, output):
    (output / "regularity" / f"{VIDEOS[0]}.png").unlink()
    return []


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (change_an_option, VIDEOS),
        (change_a_model, VIDEOS[2:]),
        (change_a_video, VIDEOS[1:]),
        (damage_a_result, VIDEOS),
        (remove_a_plot, [VIDEOS[0], *VIDEOS[2:]]),
    ],
)
def test_what_has_changed_is_scored_again(
    work, tmp_path, monkeypatch, scored, capsys, change, again
):
    output = tmp_path / "results"
    figures = [] if change is remove_a_plot else ["--no-figures"]
    score_until_killed(work, output, 2, monkeypatch, *figures)
    scored.clear()
    assert score(work, output, *figures, *change(work, output)) == 0
    assert sorted(scored) == sorted(again)  # two threads begin in any order
    assert not (output / ".unfinished").exists()
    if change is damage_a_result:
        assert f"{VIDEOS[0]} is scored again" in capsys.readouterr().err


def test_another_code_begins_from_the_beginning_though_its_version_is_the_same(monkeypatch):
    def identity():
        return identity_of_run(Job({}, None), {}, {}, "keras")

    same = identity()
    assert identity() == same
    monkeypatch.setattr(unfinished_module, "code_digest", lambda: "after an update")
    assert identity() != same
