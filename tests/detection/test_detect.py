"""Where and in what order videos are scored makes no difference to the results."""

import itertools
import json
import os
import re
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli import test, train  # noqa: E402
from abnormal.datasets.demo import find_demo  # noqa: E402
from abnormal.datasets.extract import extract  # noqa: E402
from abnormal.detection import detect as detect_module  # noqa: E402
from abnormal.detection import drawing as drawing_module  # noqa: E402
from abnormal.detection import results as results_module  # noqa: E402
from abnormal.detection import video as video_module  # noqa: E402
from abnormal.detection.detect import Detections, results_of  # noqa: E402
from abnormal.detection.job import Job  # noqa: E402
from abnormal.detection.results import EARLY_SHARE, EarlyResults  # noqa: E402
from abnormal.detection.video_result import LeftOut  # noqa: E402
from abnormal.errors import AbnormalError  # noqa: E402
from abnormal.files import sha256  # noqa: E402
from abnormal.frames.manifest import write_manifest  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.progress import Progress  # noqa: E402
from abnormal.tasks.local import in_threads  # noqa: E402
from abnormal.tasks.run import WorkerDiedError  # noqa: E402

SIZE, LENGTH, FRAMES = 99, 4, 40
VIDEOS = ["cart/03", "cyclist/02", "normal/06", "runner/01"]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with `img/` and a calibrated `model.h5`."""
    folder = tmp_path_factory.mktemp("work")
    for video in find_demo(training_clips=2, clip_frames=FRAMES):
        if video.split == "training" or video.name in VIDEOS:
            assert not extract(video, folder / "img", SIZE, None).problem
    write_manifest(folder / "img")
    history = ({"epoch": 1, "loss": 0.1},)
    info = ModelInfo("spatiotemporal", LENGTH, SIZE, 25.0, history=history)
    save_model(folder / "model.h5", NETWORKS["spatiotemporal"](LENGTH, SIZE), info)
    model = folder / "model.h5"
    assert train.main(["--calibrate", str(folder / "img"), "--output", str(model)]) == 0
    return folder


def score(work, output, *options):
    """Runs the program in this process, with a threshold that some events are above."""
    arguments = ["--model", work / "model.h5", "--img", work / "img", "--output", output]
    fixed = ["--runtime", "keras", "--threshold", "0.3"]
    return test.main([*map(str, arguments), *fixed, *map(str, options)])


@pytest.fixture(scope="module")
def local(work):
    """The results of a run. The bar ends when all is drawn, and not when all is scored."""
    steps = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "advance", lambda self, count=1: steps.append((self, count)))
        assert score(work, work / "local") == 0
    (bar,) = {id(progress): progress for progress, _ in steps}.values()
    assert sum(count for _, count in steps) == bar._total == 2 * FRAMES * len(VIDEOS)
    return work / "local"


def assert_same(found, expected, decoded):
    """All files are the same, byte for byte; the encoder alone does not repeat itself."""

    def names(folder):
        return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())

    assert names(found) == names(expected)
    for name in names(expected):
        if name.suffix == ".mp4":
            assert_alike(decoded(found / name)[1], decoded(expected / name)[1])
        else:
            written = [(folder / name).read_bytes() for folder in (found, expected)]
            if name.name == "report.html":
                written = [re.sub(rb"\d{4}-\d\d-\d\d \d\d:\d\d", b"", page) for page in written]
            assert written[0] == written[1], name


def assert_alike(found, expected):
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.abs(ours.astype(int) - theirs).mean() < 3


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
