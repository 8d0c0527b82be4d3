"""The runs behind docs/RESULTS.md, and how each is done by the three programs."""

import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from abnormal.files import make_folder, read_json, write_json
from abnormal.frames.clips import clip_span
from abnormal.models.defaults import ARCHITECTURES, CAE, LSTM_STCAE, SPATIOTEMPORAL, STCAE

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ABNORMAL_DATA", ROOT.parent / "shared" / "data"))
BFLOAT16 = "mixed_bfloat16"
HELD_OUT = 0.15

Start = Callable[[list[str]], int]
"""Starts a program with its command line, waits for it, and returns its exit code."""


@dataclasses.dataclass(frozen=True)
class Footage:
    """Footage that models are trained and tested on.

    Attributes:
        title: What it is called in the tables.
        options: Options of `preprocess.py` that find it.
        training: Number of training frames.
        testing: Number of test frames.
    """

    title: str
    options: tuple[str, ...]
    training: int
    testing: int


FOOTAGE = {
    "demo": Footage("drawn street", ("--dataset", "demo"), 1500, 1500),
    "avenue": Footage("part of Avenue", ("--videos", str(DATA / "avenue")), 2693, 1353),
    "ped2": Footage("Ped2", ("--videos", str(DATA / "ped2")), 2550, 2010),
}

FRAMES_PER_SEC = {
    (SPATIOTEMPORAL, "float32"): 39,
    (SPATIOTEMPORAL, BFLOAT16): 61,
    (LSTM_STCAE, BFLOAT16): 55,
    (STCAE, BFLOAT16): 61,
    (CAE, BFLOAT16): 70,
}
"""How fast networks are trained on two idle cores of an AMD EPYC. The default network has the rates
of docs/PERFORMANCE.md; the others were measured in one run with it, on a busy machine."""


@dataclasses.dataclass(frozen=True)
class Run:
    """A model that is trained on some footage and tested on it.

    Attributes:
        footage: A key of `FOOTAGE`.
        epochs: Number of epochs.
        arch: Name of the network.
        seed: Seed of weights and clips.
        precision: Number format of the convolutions.
        strides: Strides of the clips; those of the network if there are none.
    """

    footage: str
    epochs: int
    arch: str = SPATIOTEMPORAL
    seed: int = 0
    precision: str = BFLOAT16
    strides: tuple[int, ...] = ()

    @property
    def training_options(self) -> list[str]:
        """The options of `train_model.py` besides its paths."""
        options = ["--arch", self.arch, "--epochs", str(self.epochs), "--seed", str(self.seed)]
        options += ["--precision", self.precision]
        return options + (["--strides", *map(str, self.strides)] if self.strides else [])

    @property
    def hours(self) -> float:
        """How long it takes on two idle cores, calculated from the rates of its steps."""
        footage = FOOTAGE[self.footage]
        network = ARCHITECTURES[self.arch]
        clip = network.clip_length  # clips of a longer stride span more, so there are fewer of them
        passes = sum(clip / clip_span(clip, s) for s in self.strides or network.strides)
        frames = self.epochs * footage.training * (1 - HELD_OUT) * passes
        rest = (footage.training + footage.testing) / 60 + 150  # calibration, exam, test
        return (frames / FRAMES_PER_SEC[self.arch, self.precision] + rest) / 3600


RUNS = {
    "demo": Run("demo", 2, precision="float32", strides=(1,)),
    "ped2-cae": Run("ped2", 32, CAE),
    **{f"ped2-short-{seed}": Run("ped2", 2, seed=seed) for seed in range(3)},
    "avenue-short": Run("avenue", 2),
    "ped2-lstm_stcae": Run("ped2", 32, LSTM_STCAE),
    "ped2-stcae": Run("ped2", 32, STCAE),
    **{f"ped2-{seed}": Run("ped2", 32, seed=seed) for seed in range(3)},
    "avenue": Run("avenue", 32),
    "ped2-float32": Run("ped2", 32, precision="float32"),
}
"""By their names, the shortest first."""


def do(name: str, output: Path, start: Start) -> int:
    """Does what is missing of a run, and keeps its figures.

    Each program goes on where a killed one stopped, and is done at once if nothing is missing.

    Returns:
        The exit code of the program that failed or was stopped, or 0.
    """
    run, folder = RUNS[name], make_folder(output / name)
    img, model, results = output / "img" / run.footage, folder / "model.h5", folder / "results"
    frames, at = ["--img", str(img)], [str(model)]
    for program, options in {
        "preprocess.py": [*FOOTAGE[run.footage].options, *frames],
        "train_model.py": [*frames, *run.training_options, "--output", *at],
        "test_model.py": [*frames, "--model", *at, "--output", str(results), "--no-figures"],
    }.items():
        if code := start([sys.executable, str(ROOT / program), *options]):
            return code
    metrics = read_json(results / "metrics.json")[model.stem]
    write_json(folder / "finished.json", {"run": _described(run), "metrics": metrics})
    return 0


def figures(name: str, output: Path) -> dict[str, Any] | None:
    """Returns what `metrics.json` has of a run, or None if the run is not finished."""
    path = output / name / "finished.json"
    if not path.exists():
        return None
    kept = read_json(path)
    return kept["metrics"] if kept["run"] == _described(RUNS[name]) else None


def state(name: str, output: Path) -> str:
    """Says how far a run is."""
    if figures(name, output):
        return "finished"
    losses = output / name / "model.losses.csv"
    done = len(losses.read_text().splitlines()) - 1 if losses.exists() else 0
    return f"{done} of {RUNS[name].epochs} epochs" if done else ""


def _described(run: Run) -> dict[str, Any]:
    return dataclasses.asdict(run) | {"strides": list(run.strides)}
