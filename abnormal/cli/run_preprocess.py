"""What `preprocess.py` does once its command line is understood."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from abnormal.cli.program import make_absolute
from abnormal.datasets.cameras import name_cameras
from abnormal.datasets.download import DOWNLOADS, download
from abnormal.datasets.extract import LEFT_OUT, Extraction, extract_all
from abnormal.datasets.find import find_videos
from abnormal.datasets.layouts import AUTO
from abnormal.datasets.source import SourceVideo
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, natural_key
from abnormal.frames.leaks import find_leaks
from abnormal.frames.manifest import write_manifest
from abnormal.progress import Progress
from abnormal.tasks.choose import open_runner

log = logging.getLogger(__name__)


def run_preprocess(args: argparse.Namespace) -> int:
    """Extracts all videos and returns the exit code."""
    if args.download:
        args.videos = args.videos or Path(args.download)
        download(DOWNLOADS[args.download], args.videos, args.url)
    if args.scheduler:
        make_absolute(args, "videos", "labels", "img")
    found = find_videos(args.dataset, args.videos, args.split, args.labels)
    if args.dataset == AUTO:
        log.info("%s is read as: %s (%s)", args.videos, found.layout, found.reason)
    for remark in found.remarks:
        log.info("%s", remark)
    videos = name_cameras(found.videos, args.camera_from) if args.camera_from else found.videos
    make_folder(args.img)
    extractions = _extract(args, videos)
    extractions.sort(key=lambda done: (done.video.split, natural_key(done.video.name)))
    leaks = find_leaks(args.img, write_manifest(args.img))
    _print_summary(extractions, args.img)
    for leak in leaks:
        print(f"  leak: {leak}")
    if all(done.status == LEFT_OUT for done in extractions):
        raise AbnormalError(
            f"No usable frames came out of {args.videos or args.dataset}: see above."
        )
    return int(args.strict and bool(leaks or any(done.problem for done in extractions)))


def _extract(args: argparse.Namespace, videos: Sequence[SourceVideo]) -> list[Extraction]:
    extractions: list[Extraction] = []
    options = (args.img, args.size, args.fps, args.workers)
    sources = [path for path in (args.videos, args.labels) if path]
    with (
        open_runner(args.scheduler, sources, args.img) as run,
        Progress("videos", len(videos)) as progress,
    ):
        for extraction in extract_all(videos, *options, run):
            extractions.append(extraction)
            progress.note = f"{sum(done.frames for done in extractions)} frames"
            progress.advance()
    return extractions


def _print_summary(extractions: Sequence[Extraction], img: Path) -> None:
    for split in ("training", "testing"):
        of_split = [done for done in extractions if done.video.split == split and done.frames]
        frames = sum(done.frames for done in of_split)
        print(f"{split}: {len(of_split)} videos, {frames} frames in {img / split}")
    cameras = sorted(
        {done.video.camera for done in extractions if done.frames and done.video.camera}
    )
    if len(cameras) > 1:
        print(f"cameras: {', '.join(cameras)} (what is normal holds for one of them)")
    for done in extractions:
        if done.problem:
            place = done.video.path or done.video.name
            print(f"  {done.status}: {place}: {done.problem}")
