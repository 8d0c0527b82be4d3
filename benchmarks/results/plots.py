"""The plots of docs/RESULTS.md: ROC curves, and the networks side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abnormal.evaluation.evaluate import MICRO_PER_VIDEO, MICRO_RAW
from abnormal.models.defaults import SPATIOTEMPORAL
from abnormal.names import FUSED
from abnormal.report.figure import drawing, legend_below, with_looks
from benchmarks.results.runs import FOOTAGE, RUNS
from benchmarks.results.tables import of_networks, paper_score

POINTS = 200
"""Of a curve, at most."""
APART = 0.15
"""Distance of two networks, where 1 is that of two scores."""

Finished = Mapping[str, Mapping[str, Any]]


def plot_rocs(finished: Finished, output: Path) -> None:
    """Draws the ROC curve of `fused` on each kind of footage, by its longest run with seed 0."""
    chosen = {kind: run for kind in FOOTAGE if (run := _longest(finished, kind))}
    with drawing(output / "roc.svg", 3.6) as figure:
        axes = figure.subplots()
        axes.plot([0, 100], [0, 100], color="grey", lw=0.8, ls=":", label="chance")
        for name, run, look in with_looks(chosen):
            table = pd.read_csv(output / run / "results" / "scores.csv", usecols=["score", "label"])
            label = f"{FOOTAGE[name].title}, {RUNS[run].epochs} epochs"
            auc = 100 * finished[run]["scores"][FUSED][MICRO_RAW]["auc"]
            axes.plot(*_rates(table), look.line, color=look.colour, label=f"{label} ({auc:.1f} %)")
            alarm = finished[run]["alarm"]
            at = 100 * alarm["false_alarm_rate"], 100 * alarm["detection_rate"]
            axes.plot(*at, look.marker, color=look.colour)
        axes.plot([], [], "o", color="grey", label="the alarm at its threshold")
        axes.set(xlabel="normal frames above the threshold (%)", xlim=(-1, 101), ylim=(-1, 101))
        axes.set(ylabel="abnormal frames above (%)", box_aspect=1, title="ROC of the fused score")
        axes.grid(alpha=0.3)
        legend_below(figure)


def _longest(finished: Finished, footage: str) -> str | None:
    """Returns the name of the longest run of the default network with seed 0, or None."""
    like = (footage, SPATIOTEMPORAL, 0)
    names = [n for n in finished if (RUNS[n].footage, RUNS[n].arch, RUNS[n].seed) == like]
    return max(names, key=lambda name: RUNS[name].epochs, default=None)


def _rates(table: pd.DataFrame) -> np.ndarray:
    """Returns false and true positive rates in per cent, `(2, n)` with n <= `POINTS`."""
    import sklearn.metrics

    rates = np.stack(sklearn.metrics.roc_curve(table["label"], table["score"])[:2])
    return 100 * rates[:, np.unique(np.linspace(0, rates.shape[1] - 1, POINTS).astype(int))]


def plot_networks(finished: Finished, output: Path) -> None:
    """Draws the AUC of the networks side by side, with their intervals."""
    names = of_networks(finished)
    scores = [(score, MICRO_RAW) for score in (FUSED, "change", "gradient", "appearance")]
    with drawing(output / "networks.svg", 2.8) as figure:
        axes = figure.subplots()
        for number, (arch, name, look) in enumerate(with_looks({RUNS[n].arch: n for n in names})):
            kinds = [*scores, (paper_score(arch), MICRO_PER_VIDEO)]
            found = [finished[name]["scores"][score][protocol] for score, protocol in kinds]
            aucs = 100 * np.array([figures["auc"] for figures in found])
            ends = 100 * np.array(
                [figures.get("auc_interval") or [np.nan] * 2 for figures in found]
            )
            at = np.arange(len(kinds)) + (number - (len(names) - 1) / 2) * APART
            style = {"fmt": look.marker, "color": look.colour, "lw": 1, "capsize": 2}
            axes.errorbar(at, aucs, np.abs(ends.T - aucs), label=arch, **style)
        axes.set_xticks(
            range(5), [*(score for score, _ in scores), "paper's regularity\n(stretched)"]
        )
        axes.axhline(50, color="grey", lw=0.8, ls=":", label="chance")
        axes.set(ylabel="frame AUC (%)", ylim=(40, 100), title="Networks on UCSD Ped2")
        axes.grid(axis="y", alpha=0.3)
        legend_below(figure)
