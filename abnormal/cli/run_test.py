"""What `test_model.py` does once its command line is understood."""

import argparse
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from abnormal.cli.asked import read_zone, test_videos, threshold_of
from abnormal.cli.program import say
from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.evaluation.evaluate import evaluate
from abnormal.evaluation.pixel_level import VideoPixels, pixel_table
from abnormal.files import make_folder, write_json
from abnormal.inference.detector import Detector, open_detectors
from abnormal.inference.score import ScoredVideo
from abnormal.inference.videos import TestVideo
from abnormal.models.backend import memory_advice
from abnormal.report.annotated import AnomalousPixels, write_annotated
from abnormal.report.contents import Contents, ModelResults
from abnormal.report.histogram import histograms_of, plot_histograms
from abnormal.report.losses import plot_losses
from abnormal.report.page import write_page
from abnormal.report.recording import record_panels
from abnormal.report.regularity import plot_regularity
from abnormal.report.roc import plot_roc, roc_of
from abnormal.report.tables import (
    comparison_table,
    events_table,
    metrics_lines,
    records,
    scores_table,
    write_table,
)
from abnormal.report.thumbnails import keep_thumbnails
from abnormal.scoring.calibration import FUSED
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.localisation import LocalisedFrames, Localiser, Sink


@dataclass
class Tested:
    """A model, and what has come out of it so far.

    Attributes:
        detector: The model.
        threshold: An alarm is above it.
        release: An event lasts while the score is above it.
        folder: Part of the paths of its figures: empty where it is the only model.
        videos: As it scored them, in the same order for all models.
        pixels: Those of each video, for the figures.
        anomalous: Those of each video that are anomalous.
        events: A row of `events.csv` each.
        metrics: What is in `metrics.json`.
    """

    detector: Detector
    threshold: float
    release: float
    folder: str
    videos: list[ScoredVideo] = field(default_factory=list)
    pixels: list[VideoPixels] = field(default_factory=list)
    anomalous: list[AnomalousPixels] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)


def run_test(args: argparse.Namespace) -> int:
    """Scores all videos, writes all results, and returns the exit code."""
    started = time.time()
    detectors = open_detectors(args.model, args.runtime, args.hop)
    videos = test_videos(args)
    ignored = read_zone(args.ignore_zone) if args.ignore_zone else None
    models = {}
    for name, detector in detectors.items():
        threshold = threshold_of(args, detector)
        release = detector.calibration.release(args.score, threshold)
        folder = name.replace("/", "_") if len(detectors) > 1 else ""
        models[name] = Tested(detector, threshold, release, folder)
    if args.source:
        _demand_one_rate(detectors)
    make_folder(args.output)
    for name, detector in detectors.items():
        say(f"{name}: computed by {detector.runtime}")
    with memory_advice("Close what else uses the memory."):
        scored = _score_all(args, models, videos, ignored)
    _write_tables(args, models)
    if not args.no_figures:
        _draw(args, models, scored)
    _name_older(args.output, started)
    print(f"results: {args.output}")
    return 0


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
    models: dict[str, Tested],
    videos: Sequence[TestVideo],
    ignored: np.ndarray | None,
) -> list[TestVideo]:
    """Scores all videos with all models and returns those that could be read."""
    scored: list[TestVideo] = []
    problems: list[str] = []
    total = len(models) * sum(video.frames for video in videos)
    with tqdm(total=total or None, unit=" frames") as bar:
        for video in videos:
            try:
                masks = video.read_masks()
                results = [
                    _score(args, model, video, masks, ignored, bar) for model in models.values()
                ]
            except CannotWriteError:
                raise
            except AbnormalError as error:
                problems.append(f"left out: {video.name}: {error}")
                continue
            notes = set()
            for model, (result, pixels, anomalous, found) in zip(
                models.values(), results, strict=True
            ):
                model.videos.append(result)
                model.pixels.append(pixels)
                model.anomalous.append(anomalous)
                notes.update(found)
            problems += [f"{video.name}: {note}" for note in sorted(notes)]
            scored.append(video)
    for problem in problems:
        say(f"  {problem}")
    if not scored:
        raise AbnormalError("No video could be scored: see above.")
    return scored


def _score(
    args: argparse.Namespace,
    model: Tested,
    video: TestVideo,
    masks: np.ndarray | None,
    ignored: np.ndarray | None,
    bar: tqdm,
) -> tuple[ScoredVideo, VideoPixels, AnomalousPixels, list[str]]:
    """Scores a video with a model, localising and drawing as its frames go by."""
    localiser = Localiser(args.box_size, args.box_threshold)
    pixels = VideoPixels(localiser)
    anomalous = AnomalousPixels()

    @contextlib.contextmanager
    def open_sink(fps: float) -> Iterator[Sink]:
        with contextlib.ExitStack() as files:
            sinks: list[Sink] = [pixels.sink(masks)]
            if not args.no_figures:
                sinks.append(anomalous.add)
                path = _figure(args, model, "anomalies", video, ".mp4")
                sinks.append(files.enter_context(record_panels(path, fps, args.panels)))

            def take(seen: LocalisedFrames) -> None:
                for sink in sinks:
                    sink(seen)

            yield take

    if args.score in (FUSED, *LOCAL_SCORES):
        model.detector.demand_camera(video.camera)
    result, notes = model.detector.score(
        video, _counting(bar), open_sink, localiser, ignored, args.score
    )
    return result, pixels, anomalous, notes


def _counting(bar: tqdm) -> Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]:
    def count(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in frames:
            bar.update()
            yield frame

    return count


def _figure(
    args: argparse.Namespace, model: Tested, kind: str, video: TestVideo, ending: str
) -> Path:
    return args.output / kind / model.folder / f"{video.name}{ending}"


def _write_tables(args: argparse.Namespace, models: dict[str, Tested]) -> None:
    scores, events, pixels, metrics = [], [], [], {}
    for name, model in models.items():
        scores.append(scores_table(name, model.videos, args.score, model.threshold))
        names = (video.name for video in model.videos)
        of_video = dict(zip(names, model.pixels, strict=True))
        pixels.append(pixel_table(name, of_video))
        alarm = (args.score, model.threshold, model.release)
        events.append(events_table(name, model.videos, model.pixels, *alarm))
        model.events = records(events[-1])
        figures = evaluate(model.videos, *alarm, model.pixels)
        figures["alarm"]["asked_false_alarms_per_hour"] = args.false_alarms_per_hour
        metrics[name] = model.metrics = {"arch": model.detector.info.arch} | figures
    write_table(args.output / "scores.csv", pd.concat(scores))
    write_table(args.output / "localisation.csv", pd.concat(pixels))
    found = pd.concat(events)
    write_table(args.output / "events.csv", found)
    write_json(args.output / "events.json", records(found))
    write_json(args.output / "metrics.json", metrics)
    if len(models) > 1:
        write_table(args.output / "comparison.csv", comparison_table(metrics))
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


def _draw(args: argparse.Namespace, models: dict[str, Tested], videos: list[TestVideo]) -> None:
    _draw_overall(args, models)
    thresholds = {name: model.threshold for name, model in models.items()}
    for number, video in enumerate(tqdm(videos, unit="video", desc="figures")):
        by_model = {name: model.videos[number] for name, model in models.items()}
        path = args.output / "regularity" / f"{video.name}.{args.figures}"
        plot_regularity(by_model, args.score, thresholds, path)
        for model in models.values():
            info = model.detector.info
            events = [event for event in model.events if event["video"] == video.name]
            thumbnails = args.output / "thumbnails" / model.folder
            with video.open_frames(None, info.fps) as pictures:
                write_annotated(
                    _figure(args, model, "videos", video, ".mp4"),
                    keep_thumbnails(pictures.frames, events, thumbnails),
                    model.videos[number],
                    args.score,
                    model.threshold,
                    model.anomalous[number],
                )
    write_page(args.output / "report.html", _contents(args, models), datetime.now())


def _draw_overall(args: argparse.Namespace, models: dict[str, Tested]) -> None:
    """The figures of all videos together; those that need labels only where there are some."""
    histories = {name: model.detector.info.history for name, model in models.items()}
    plot_losses(histories, args.output / f"losses.{args.figures}")
    scored = {name: model.videos for name, model in models.items()}
    thresholds = {name: model.threshold for name, model in models.items()}
    histograms = histograms_of(scored, args.score, thresholds)
    plot_histograms(histograms, args.score, args.output / f"histogram.{args.figures}")
    rocs = {
        name: roc
        for name, model in models.items()
        if (roc := roc_of(model.videos, args.score, model.threshold))
    }
    if rocs:
        plot_roc(rocs, args.output / f"roc.{args.figures}")


def _contents(args: argparse.Namespace, models: dict[str, Tested]) -> Contents:
    results = {
        name: ModelResults(
            info=model.detector.info,
            runtime=model.detector.runtime,
            threshold=model.threshold,
            release=model.release,
            folder=model.folder,
            videos=model.videos,
            metrics=model.metrics,
            events=model.events,
        )
        for name, model in models.items()
    }
    return Contents(results, args.score, args.figures)
