"""The tables of docs/RESULTS.md, from `metrics.json` of each run."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from abnormal.evaluation.evaluate import MACRO_RAW, MICRO_PER_VIDEO, MICRO_RAW
from abnormal.models.defaults import SPATIOTEMPORAL
from abnormal.names import FUSED
from benchmarks.results.runs import FOOTAGE, RUNS, Run

Metrics = Mapping[str, Any]
Found = Mapping[str, Metrics | None]
"""What `metrics.json` has of each run; None if it is not finished."""

MISSING = "not run"
SHOWN = (FUSED, "change", "gradient", "appearance", "l1", "l2")
PAPER = {SPATIOTEMPORAL: "regularity"}
"""The regularity in a network's own paper; the comparison of the other three has that by `l1`."""


def paper_score(arch: str) -> str:
    """Returns the name of the regularity that the paper of a network reports."""
    return PAPER.get(arch, "regularity_l1")


def page(found: Found) -> str:
    """Returns all tables as Markdown. Figures are in per cent, EERs in brackets."""
    parts = [
        "## How the alarm does\n",
        alarms(found),
        "## By network\n\nUCSD Ped2, 32 epochs, seed 0.\n",
        networks(found),
        "## By seed and precision\n\nUCSD Ped2, the default network.\n",
        seeds(found),
        "## By score\n",
    ]
    for name, metrics in found.items():
        if metrics and RUNS[name].seed == 0:
            parts += [f"### {name}\n\n    {command(RUNS[name])}\n", scores(metrics)]
    return "\n".join(parts)


def command(run: Run) -> str:
    """Returns the command that trains the model of a run."""
    return f"python train_model.py {' '.join(run.training_options)}"


def alarms(found: Found) -> str:
    """Returns the table of what is above the threshold and what is found."""
    header = ["run", "footage", "epochs", "`fused` raw", "interval", "normal frames above"]
    header += ["abnormal frames above", "events found", "false alarms", "RBDC", "TBDC"]
    rows = []
    for name, metrics in found.items():
        run = RUNS[name]
        row = [f"`{name}`", FOOTAGE[run.footage].title, str(run.epochs)]
        rows.append(row + (_alarm_cells(metrics) if metrics else [MISSING]))
    return markdown(header, rows)


def _alarm_cells(metrics: Metrics) -> list[str]:
    alarm, events, regions = metrics["alarm"], metrics["events"], metrics["regions"]
    return [
        auc(metrics, FUSED, MICRO_RAW),
        interval(metrics, FUSED),
        f"{percent(alarm['false_alarm_rate'])} %",
        f"{percent(alarm['detection_rate'])} %",
        f"{events['found']} of {events['true_events']}",
        str(events["false_alarms"]),
        *(percent(regions[key]) if regions else "" for key in ("rbdc", "tbdc")),
    ]


def networks(found: Found) -> str:
    """Returns the table of the four networks: their scores, and the figure of their papers."""
    scores = (FUSED, "change", "gradient", "appearance")
    header = [
        "network",
        *(f"`{score}` raw" for score in scores),
        "paper's protocol",
        "by",
        "`psnr` stretched",
    ]
    rows = []
    for name in of_networks(found):
        metrics, arch = found[name], RUNS[name].arch
        row = [f"`{arch}`", MISSING]
        if metrics:
            row[1:] = [auc(metrics, score, MICRO_RAW) for score in scores]
            row += [auc(metrics, paper_score(arch), MICRO_PER_VIDEO), f"`{paper_score(arch)}`"]
            row += [auc(metrics, "psnr", MICRO_PER_VIDEO)]
        rows.append(row)
    return markdown(header, rows)


def of_networks(found: Iterable[str]) -> list[str]:
    """Returns the names of those runs that compare the networks."""
    like = {"footage": "ped2", "epochs": 32, "seed": 0, "precision": "mixed_bfloat16"}
    return [
        name
        for name in found
        if all(getattr(RUNS[name], key) == value for key, value in like.items())
    ]


def seeds(found: Found) -> str:
    """Returns the table of all models of the default network, with means and deviations."""
    shown = [*((score, MICRO_RAW) for score in SHOWN)]
    shown += [(name, MICRO_PER_VIDEO) for name in ("regularity", "regularity_l1", "psnr")]
    header = ["epochs", "precision", "seed", *(f"`{score}`" for score, _ in shown)]
    rows = []
    groups: dict[tuple[int, str], list[str]] = {}
    for name in found:
        if (run := RUNS[name]).footage == "ped2" and run.arch == SPATIOTEMPORAL:
            groups.setdefault((run.epochs, run.precision), []).append(name)
    for (epochs, precision), names in groups.items():
        of_group = [str(epochs), f"`{precision}`"]
        values = []
        for name in names:
            row = [*of_group, str(RUNS[name].seed)]
            if metrics := found[name]:
                values.append([_auc_or_nan(metrics, *score) for score in shown])
                row += ["" if np.isnan(value) else f"{value:.2f}" for value in values[-1]]
            rows.append(row if metrics else [*row, MISSING])
        if len(values) > 1:
            rows.append([*of_group, f"mean of {len(values)}", *_means(np.array(values))])
    return markdown(header, rows)


def _auc_or_nan(metrics: Metrics, score: str, protocol: str) -> float:
    """Returns an AUC in per cent; NaN where the version that measured it did not know the score."""
    return 100 * metrics["scores"].get(score, {}).get(protocol, {}).get("auc", np.nan)


def _means(values: np.ndarray) -> Iterator[str]:
    """Yields mean and standard deviation (with n - 1) of each column, `(seeds, scores)`."""
    for mean, deviation in zip(values.mean(axis=0), values.std(axis=0, ddof=1), strict=True):
        yield "" if np.isnan(mean) else f"{mean:.1f} ± {deviation:.1f}"


def scores(metrics: Metrics) -> str:
    """Returns the table of all scores of a model by each protocol."""
    header = ["score", "raw", "interval", "average precision", "stretched", "macro"]
    rows = []
    for score in sorted(metrics["scores"], key=lambda name: name != FUSED):
        figures = metrics["scores"][score]
        raw, macro = figures.get(MICRO_RAW), figures.get(MACRO_RAW)
        precision = percent(raw["average_precision"]) if raw else ""
        row = [f"`{score}`", auc(metrics, score, MICRO_RAW), interval(metrics, score), precision]
        row += [auc(metrics, score, MICRO_PER_VIDEO), percent(macro["auc"]) if macro else ""]
        rows.append(row)
    frames = f"{metrics['labelled_frames']} frames of {metrics['labelled_videos']} videos"
    return f"{frames}, {metrics['abnormal_frames']} of them abnormal.\n\n{markdown(header, rows)}"


def auc(metrics: Metrics, score: str, protocol: str) -> str:
    """Returns an AUC with its equal error rate, or nothing where there is none."""
    figures = metrics["scores"].get(score, {}).get(protocol)
    return f"{percent(figures['auc'])} ({percent(figures['eer'])})" if figures else ""


def interval(metrics: Metrics, score: str) -> str:
    """Returns the interval of a raw AUC, or nothing where there is none."""
    figures = metrics["scores"].get(score, {}).get(MICRO_RAW) or {}
    return " - ".join(map(percent, figures.get("auc_interval") or ()))


def percent(share: float | None) -> str:
    """Returns a share in [0, 1] in per cent, or nothing where it is not defined."""
    return "" if share is None else f"{100 * share:.1f}"


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Returns a table. Rows that are too short are filled up."""
    rows = [row + [""] * (len(header) - len(row)) for row in rows]
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
