"""What `preprocess.py` does once its command line is understood."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from abnormal.cli.program import make_absolute, say
from abnormal.datasets.cameras import name_cameras
from abnormal.datasets.download import DOWNLOADS, download
from abnormal.datasets.extract import LEFT_OUT, Outcome, extract_all
from abnormal.datasets.find import find_videos
from abnormal.datasets.layouts import AUTO
from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, natural_key
from abnormal.frames.leaks import find_leaks
from abnormal.frames.manifest import write_manifest
from abnormal.tasks.choose import chosen


def run_preprocess(args: argparse.Namespace) -> int:
    """Extracts all videos and returns the exit code."""
    if args.download:
        args.videos = args.videos or Path(args.download)
        _download(args)
    if args.scheduler:
        make_absolute(args, "videos", "labels", "img")
    found = find_videos(args.dataset, args.videos, args.split, args.labels)
    if args.dataset == AUTO:
        say(f"{args.videos} is read as: {found.layout} ({found.reason})")
    for remark in found.remarks:
        say(remark)
    videos = name_cameras(found.videos, args.camera_from) if args.camera_from else found.videos
    make_folder(args.img)
    outcomes = _extract(args, videos)
    outcomes.sort(key=lambda done: (done.video.split, natural_key(done.video.name)))
    leaks = find_leaks(args.img, write_manifest(args.img))
    _print_summary(outcomes, args.img)
    for leak in leaks:
        print(f"  leak: {leak}")
    if all(outcome.status == LEFT_OUT for outcome in outcomes):
        raise AbnormalError(
            f"No usable frames came out of {args.videos or args.dataset}: see above."
        )
    return int(args.strict and bool(leaks or any(outcome.problem for outcome in outcomes)))


def _extract(args: argparse.Namespace, videos: Sequence[SourceVideo]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    options = (args.img, args.size, args.fps, args.workers)
    sources = [path for path in (args.videos, args.labels) if path]
    with (
        chosen(args.scheduler, sources, args.img) as run,
        tqdm(total=len(videos), unit="video") as bar,
    ):
        for outcome in extract_all(videos, *options, run):
            outcomes.append(outcome)
            bar.set_postfix_str(f"{sum(done.frames for done in outcomes)} frames")
            bar.update()
    return outcomes


def _download(args: argparse.Namespace) -> None:
    with tqdm(unit="B", unit_scale=True) as bar:

        def show(name: str, size: int, total: int) -> None:
            bar.set_description(name)
            bar.total = total
            bar.n = size
            bar.refresh()

        download(DOWNLOADS[args.download], args.videos, show, args.url)


def _print_summary(outcomes: Sequence[Outcome], img: Path) -> None:
    for split in ("training", "testing"):
        done = [outcome for outcome in outcomes if outcome.video.split == split and outcome.frames]
        frames = sum(outcome.frames for outcome in done)
        print(f"{split}: {len(done)} videos, {frames} frames in {img / split}")
    cameras = sorted({done.video.camera for done in outcomes if done.frames and done.video.camera})
    if len(cameras) > 1:
        print(f"cameras: {', '.join(cameras)} (what is normal holds for one of them)")
    for outcome in outcomes:
        if outcome.problem:
            place = outcome.video.path or outcome.video.name
            print(f"  {outcome.status}: {place}: {outcome.problem}")
