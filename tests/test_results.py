"""`make results` goes on where it was stopped, and its tables say what was measured."""

import sys
from pathlib import Path

import numpy as np
import pytest

from abnormal.evaluation.evaluate import evaluate
from abnormal.files import write_json
from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.residual import SCORES
from benchmarks.results import __main__ as program
from benchmarks.results import plots, runs, tables
from benchmarks.results.runs import Run

RUNS = {
    "demo": Run("demo", 2, precision="float32"),
    "ped2-cae": Run("ped2", 32, "cae"),
    "ped2-0": Run("ped2", 32),
    "ped2-1": Run("ped2", 32, seed=1),
}
NAMES = (*SCORES, *tables.SHOWN)


def metrics_of(values):
    """What a model has that gives these scores to a normal, an abnormal and a normal frame."""
    values = np.array(values, float)
    labels = np.array([0, 1, 0], np.uint8)
    video = ScoredVideo(
        "a", 10.0, dict.fromkeys(NAMES, values), dict.fromkeys(NAMES, values), labels
    )
    return evaluate([video], Alarm("fused", 0.5, 0.5))


class Programs:
    """Stands for the three programs; each is killed when its turn in `kills` comes."""

    def __init__(self, kills):
        self.kills, self.started = kills, []

    def __call__(self, command):
        name, of = Path(command[1]).name, Path(command[command.index("--img") + 1]).name
        self.started.append(f"{name} {of}")
        if len(self.started) in self.kills:
            return self.kills[len(self.started)]
        if name == "test_model.py":
            results = Path(command[command.index("--output") + 1])
            results.mkdir(exist_ok=True)
            write_json(results / "metrics.json", {"model": metrics_of([0, 1, 0])})
        return 0


@pytest.fixture
def _few_runs(monkeypatch):
    for module in (runs, tables, program, plots):
        monkeypatch.setattr(module, "RUNS", RUNS)


def do_all(monkeypatch, output, kills):
    programs = Programs(kills)
    monkeypatch.setattr(program, "start", programs)
    monkeypatch.setattr(program, "plot_rocs", lambda *_: None)
    monkeypatch.setattr(program, "plot_networks", lambda *_: None)
    command = ["results", "--output", str(output), "--runs", "demo", "ped2-cae"]
    monkeypatch.setattr(sys, "argv", command)
    return program.main(), programs.started


@pytest.mark.usefixtures("_few_runs")
def test_a_killed_run_goes_on_and_a_finished_one_is_not_done_again(tmp_path, monkeypatch):
    demo = ["preprocess.py demo", "train_model.py demo", "test_model.py demo"]
    ped2 = ["preprocess.py ped2", "train_model.py ped2", "test_model.py ped2"]
    assert do_all(monkeypatch, tmp_path, {5: 143}) == (143, [*demo, *ped2[:2]])
    assert "| `ped2-cae` | Ped2 | 32 | not run |" in (tmp_path / "RESULTS.md").read_text()
    assert do_all(monkeypatch, tmp_path, {}) == (0, ped2)
    assert "| `ped2-cae` | Ped2 | 32 | 100.0 (0.0) |" in (tmp_path / "RESULTS.md").read_text()
    monkeypatch.setitem(RUNS, "demo", Run("demo", 3, precision="float32"))
    assert do_all(monkeypatch, tmp_path, {}) == (0, demo)  # it is another run than the finished one


@pytest.mark.usefixtures("_few_runs")
def test_a_run_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    code, started = do_all(monkeypatch, tmp_path, {1: 1})
    assert (code, len(started)) == (1, 4)
    assert runs.figures("demo", tmp_path) is None


@pytest.mark.usefixtures("_few_runs")
def test_the_tables():
    found = {
        "demo": None,
        "ped2-cae": metrics_of([1, 1, 1]),
        "ped2-0": metrics_of([0, 1, 0]),
        "ped2-1": metrics_of([1, 1, 1]),
    }
    del found["ped2-1"]["scores"]["psnr"]  # an earlier version had none
    rows = [[cell.strip() for cell in line.split("|")] for line in tables.page(found).splitlines()]
    alarm = next(row for row in rows if row[1:2] == ["`ped2-1`"])
    # Two normal frames and one abnormal one, all of them above 0.5.
    assert alarm[4:10] == ["50.0 (50.0)", "", "100.0 %", "100.0 %", "1 of 1", "0"]
    network = next(row for row in rows if row[1:2] == ["`cae`"])
    assert network[-4:-2] == ["50.0 (50.0)", "`regularity_l1`"]
    mean = next(row for row in rows if "mean of 2" in row)
    assert mean[4] == "75.0 ± 35.4"  # of 100 and 50 %
    assert mean[-2] == ""


@pytest.mark.usefixtures("_few_runs")
def test_the_plots_are_small(tmp_path):
    finished = {name: metrics_of([0, 1, 0]) for name in RUNS}
    for name in RUNS:
        (tmp_path / name / "results").mkdir(parents=True)
        (tmp_path / name / "results" / "scores.csv").write_text("score,label\n0,0\n1,1\n0,0\n")
    for plot in (plots.plot_rocs, plots.plot_networks):
        plot({}, tmp_path)  # before the first run is finished
        plot(finished, tmp_path)
    sizes = [path.stat().st_size for path in tmp_path.glob("*.svg")]
    assert len(sizes) == 2
    assert max(sizes) < 100_000


def test_the_time_of_a_run_is_that_of_its_frames():
    # 32 epochs of 85 % of 2,550 frames, 39 a second, and 226 s for the rest. The clips of strides
    # 1, 2 and 3 are 10, 19 and 28 frames long, and so have 1 + 10/19 + 10/28 of the frames.
    assert Run("ped2", 32, precision="float32").hours == pytest.approx(0.993, abs=0.001)
    assert all(run.hours > 0 for run in runs.RUNS.values())
