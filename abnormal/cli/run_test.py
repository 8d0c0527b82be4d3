"""What `test_model.py` does once its command line is understood."""

import argparse
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from abnormal.cli.asked import read_zone, test_videos, threshold_of
from abnormal.cli.program import make_absolute, say
from abnormal.cli.score_job import ModelFile, ScoreJob, score_on_worker
from abnormal.cli.score_video import LeftOut, VideoResult, score_and_draw
from abnormal.errors import AbnormalError
from abnormal.evaluation.evaluate import evaluate
from abnormal.evaluation.pixel_level import pixel_table
from abnormal.files import make_folder, sha256, write_json
from abnormal.frames.manifest import MANIFEST
from abnormal.inference.detector import Detector, open_detectors
from abnormal.inference.videos import TestVideo
from abnormal.report.contents import Contents, ModelResults
from abnormal.report.histogram import histograms_of, plot_histograms
from abnormal.report.losses import plot_losses
from abnormal.report.page import write_page
from abnormal.report.roc import plot_roc, roc_of
from abnormal.report.tables import (
    comparison_table,
    events_table,
    metrics_lines,
    records,
    regularity_events_table,
    scores_table,
    write_table,
)
from abnormal.scoring.localisation import Localiser
from abnormal.tasks.choose import chosen
from abnormal.tasks.local import in_threads
from abnormal.tasks.run import WorkerDiedError

AT_A_TIME = 2
"""Videos: one is drawn while the next one is scored."""


def run_test(args: argparse.Namespace) -> int:
    """Scores all videos, writes all results, and returns the exit code."""
    started = time.time()
    if args.scheduler:
        make_absolute(args, "img", "source", "ignore_zone", "output")
    # Workers choose what computes the models by what they have.
    detectors = open_detectors(args.model, "keras" if args.scheduler else args.runtime, args.hop)
    videos = test_videos(args)
    if args.ignore_zone:
        read_zone(args.ignore_zone)
    job = _job(args, detectors)
    if args.source:
        _demand_one_rate(detectors)
    make_folder(args.output)
    if not args.scheduler:
        for name, detector in detectors.items():
            say(f"{name}: computed by {detector.runtime}")
    results = _score_all(args, job, detectors, videos)
    models = _write_tables(args, job, detectors, results)
    if job.figures:
        _draw(args, models, results)
    _name_older(args.output, started)
    print(f"results: {args.output}")
    return 0


def _job(args: argparse.Namespace, detectors: Mapping[str, Detector]) -> ScoreJob:
    """What the command line asks for, as a worker can be told it."""
    thresholds = {name: threshold_of(args, detector) for name, detector in detectors.items()}
    return ScoreJob(
        files=tuple(
            ModelFile(name, path.absolute(), sha256(path))
            for name, path in zip(detectors, args.model, strict=True)
        ),
        runtime=args.runtime,
        hop=args.hop,
        score=args.score,
        thresholds=thresholds,
        releases={
            name: detector.calibration.release(args.score, thresholds[name])
            for name, detector in detectors.items()
        },
        folders={name: name.replace("/", "_") if len(detectors) > 1 else "" for name in detectors},
        localiser=Localiser(args.box_size, args.box_threshold),
        zone=args.ignore_zone,
        output=args.output,
        figures=None if args.no_figures else args.figures,
        panels=args.panels,
    )


def _demand_one_rate(detectors: dict[str, Detector]) -> None:
    """Makes sure that frames resampled to each model's frame rate are the same for all."""
    rates = {name: detector.info.fps for name, detector in detectors.items()}
    if len(set(rates.values())) > 1:
        shown = ", ".join(f"{name} {rate:g}" for name, rate in rates.items())
        raise AbnormalError(
            f"The models were trained at different frames per second ({shown}), so their frames of "
            "--source would not line up. Test each by itself, or all of them on --img."
        )


def _score_all(
    args: argparse.Namespace,
    job: ScoreJob,
    detectors: Mapping[str, Detector],
    videos: Sequence[TestVideo],
) -> dict[str, VideoResult]:
    """Scores and draws all videos; gives those that could be read, in their order, by name."""
    outcomes: dict[str, VideoResult | LeftOut | WorkerDiedError] = {}
    stop = threading.Event()
    total = len(detectors) * sum(video.frames for video in videos)
    sources = [file.path for file in job.files] + [args.source or args.img / MANIFEST]
    sources += [args.ignore_zone] if args.ignore_zone else []
    with (
        chosen(args.scheduler, sources, args.output) as elsewhere,
        tqdm(total=total or None, unit=" frames") as bar,
    ):

        def tick(frames: int) -> None:
            if stop.is_set():
                raise CancelledError  # nobody waits for it any more
            bar.update(frames)

        if elsewhere:
            for video, outcome in elsewhere(partial(score_on_worker, job), videos):
                outcomes[video.name] = outcome
                bar.update(len(detectors) * video.frames)
        else:
            task = partial(score_and_draw, job, detectors, tick=tick)
            for video, outcome in in_threads(AT_A_TIME, stop)(task, videos):
                outcomes[video.name] = outcome
    return _usable({video.name: outcomes[video.name] for video in videos})


def _usable(
    outcomes: Mapping[str, VideoResult | LeftOut | WorkerDiedError],
) -> dict[str, VideoResult]:
    """Says what was wrong with which video, and gives the others."""
    usable = {}
    for name, outcome in outcomes.items():
        if isinstance(outcome, VideoResult):
            usable[name] = outcome
            for note in outcome.notes:
                say(f"  {name}: {note}")
        else:
            problem = outcome.problem if isinstance(outcome, LeftOut) else outcome
            say(f"  left out: {name}: {problem}")
    if not usable:
        raise AbnormalError("No video could be scored: see above.")
    return usable


def _write_tables(
    args: argparse.Namespace,
    job: ScoreJob,
    detectors: Mapping[str, Detector],
    results: Mapping[str, VideoResult],
) -> dict[str, ModelResults]:
    scores, events, minima, pixels, models = [], [], [], [], {}
    for name, detector in detectors.items():
        seen = [result.seen[name] for result in results.values()]
        videos, of_videos = [one.video for one in seen], [one.pixels for one in seen]
        alarm = job.score, job.thresholds[name], job.releases[name]
        scores.append(scores_table(name, videos, *alarm[:2]))
        pixels.append(pixel_table(name, dict(zip(results, of_videos, strict=True))))
        events.append(events_table(name, videos, of_videos, *alarm))
        minima.append(regularity_events_table(name, videos, of_videos))
        figures = evaluate(videos, *alarm, of_videos)
        figures["alarm"]["asked_false_alarms_per_hour"] = args.false_alarms_per_hour
        models[name] = ModelResults(
            info=detector.info,
            runtime=", ".join(sorted({one.runtime for one in seen})),
            threshold=job.thresholds[name],
            release=job.releases[name],
            folder=job.folders[name],
            videos=videos,
            metrics={"arch": detector.info.arch} | figures,
            events=records(events[-1]),
        )
    tables = {
        "scores": scores,
        "localisation": pixels,
        "events": events,
        "regularity_events": minima,
    }
    for table, parts in tables.items():
        write_table(args.output / f"{table}.csv", pd.concat(parts))
    write_json(args.output / "events.json", records(pd.concat(events)))
    _write_metrics(args.output, {name: model.metrics for name, model in models.items()})
    return models


def _write_metrics(output: Path, metrics: Mapping[str, Mapping[str, Any]]) -> None:
    write_json(output / "metrics.json", metrics)
    if len(metrics) > 1:
        write_table(output / "comparison.csv", comparison_table(metrics))
    for name, figures in metrics.items():
        print("\n".join(metrics_lines(name, figures)))


def _name_older(output: Path, started: float) -> None:
    """Says if the folder of results also has figures of another run; they are not touched."""
    figures = [output / "comparison.csv", output / "report.html"]
    for kind in ("anomalies", "regularity", "thumbnails", "videos"):
        figures += sorted((output / kind).rglob("*.*"))
    older = [path for path in figures if path.is_file() and path.stat().st_mtime < started]
    if older:
        more = f" and {len(older) - 1} more" if len(older) > 1 else ""
        say(f"note: {output} also has results of another run: {older[0]}{more}")


def _draw(
    args: argparse.Namespace,
    models: Mapping[str, ModelResults],
    results: Mapping[str, VideoResult],
) -> None:
    """The figures of all videos together; those of each are there already."""
    histories = {name: model.info.history for name, model in models.items()}
    plot_losses(histories, args.output / f"losses.{args.figures}")
    scored = {name: model.videos for name, model in models.items()}
    thresholds = {name: model.threshold for name, model in models.items()}
    histograms = histograms_of(scored, args.score, thresholds)
    plot_histograms(histograms, args.score, args.output / f"histogram.{args.figures}")
    # Those that need labels only where there are some.
    rocs = {
        name: roc
        for name, model in models.items()
        if (roc := roc_of(model.videos, args.score, model.threshold))
    }
    if rocs:
        plot_roc(rocs, args.output / f"roc.{args.figures}")
    for result in results.values():
        if result.figure_error:
            raise result.figure_error
    contents = Contents(models, args.score, args.figures)
    write_page(args.output / "report.html", contents, datetime.now())
