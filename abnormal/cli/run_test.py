"""What `test_model.py` does once its command line is understood."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from abnormal.cli.program import say
from abnormal.errors import AbnormalError
from abnormal.evaluation.evaluate import evaluate
from abnormal.files import make_folder, write_json
from abnormal.inference.detector import Detector, open_detectors
from abnormal.inference.score import ScoredVideo
from abnormal.inference.videos import TestVideo, source_videos, stored_videos
from abnormal.models.backend import memory_advice
from abnormal.report.regularity import plot_regularity
from abnormal.report.tables import metrics_lines, scores_table, write_scores

Scored = dict[str, list[ScoredVideo]]
"""For each model's name the videos as it scored them, all in the same order."""


def run_test(args: argparse.Namespace) -> int:
    """Scores all videos, writes all results, and returns the exit code."""
    detectors = open_detectors(args.model, args.runtime)
    videos = source_videos(args.source) if args.source else stored_videos(args.img)
    thresholds = {
        name: detector.threshold(args.score) if args.threshold is None else args.threshold
        for name, detector in detectors.items()
    }
    make_folder(args.output)
    with memory_advice("Close what else uses the memory."):
        scored = _score_all(detectors, videos)
    tables = [scores_table(name, scored[name], args.score, thresholds[name]) for name in scored]
    write_scores(args.output / "scores.csv", pd.concat(tables))
    metrics = {
        name: {"arch": detector.info.arch} | evaluate(scored[name], args.score, thresholds[name])
        for name, detector in detectors.items()
    }
    write_json(args.output / "metrics.json", metrics)
    if not args.no_figures:
        _draw(args, scored, thresholds)
    for name, figures in metrics.items():
        print("\n".join(metrics_lines(name, figures)))
    print(f"results: {args.output}")
    return 0


def _score_all(detectors: dict[str, Detector], videos: Sequence[TestVideo]) -> Scored:
    """Scores all videos with all models; a video that cannot be read is left out and named."""
    scored: Scored = {name: [] for name in detectors}
    problems: list[str] = []
    total = len(detectors) * sum(video.frames for video in videos)
    with tqdm(total=total or None, unit=" frames") as bar:
        for video in videos:
            try:
                results = [d.score(video, _counting(bar)) for d in detectors.values()]
            except AbnormalError as error:
                problems.append(f"left out: {video.name}: {error}")
                continue
            for done, (result, _) in zip(scored.values(), results, strict=True):
                done.append(result)
            notes = {note for _, found in results for note in found}
            problems += [f"{video.name}: {note}" for note in sorted(notes)]
    for problem in problems:
        say(f"  {problem}")
    if not any(scored.values()):
        raise AbnormalError("No video could be scored: see above.")
    return scored


def _counting(bar: tqdm) -> Callable[[Iterable[np.ndarray]], Iterator[np.ndarray]]:
    def count(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in frames:
            bar.update()
            yield frame

    return count


def _draw(args: argparse.Namespace, scored: Scored, thresholds: dict[str, float]) -> None:
    for videos in tqdm(list(zip(*scored.values(), strict=True)), unit="figure"):
        by_model = dict(zip(scored, videos, strict=True))
        path = args.output / "regularity" / f"{videos[0].name}.png"
        plot_regularity(by_model, args.score, thresholds, path)
