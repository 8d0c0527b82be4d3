"""What `preprocess.py --check` does: it reads what is under `img/` and changes nothing."""

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from abnormal.frames.check import VideoCheck, check_manifest, check_video, read_all_records
from abnormal.frames.leaks import find_leaks
from abnormal.progress import Progress


def run_check(args: argparse.Namespace) -> int:
    """Prints the report; returns 1 if anything is damaged or has changed at the source."""
    records = read_all_records(args.img)
    checked = []
    with ThreadPoolExecutor(args.workers) as pool, Progress("videos", len(records)) as progress:
        for video in pool.map(partial(check_video, args.img), records):
            checked.append(video)
            progress.advance()
    wrong = [
        *(f"damaged: {_place(video)}: {what}" for video in checked for what in video.damage),
        *(f"source: {_place(video)}: {what}" for video in checked for what in video.changes),
        *(f"manifest: {what}" for what in check_manifest(args.img, records)),
        *(f"leak: {leak}" for leak in find_leaks(args.img, records)),
    ]
    noted = [f"noted: {_place(video)}: {note}" for video in checked for note in video.record.notes]
    _print_totals(checked)
    for line in noted + wrong:
        print(f"  {line}")
    return int(bool(wrong or (args.strict and noted)))


def _place(video: VideoCheck) -> str:
    return f"{video.record.split}/{video.record.video}"


def _print_totals(checked: Sequence[VideoCheck]) -> None:
    for split in ("training", "testing"):
        videos = [video for video in checked if video.record.split == split]
        frames = sum(video.record.frames for video in videos)
        labelled = [video for video in videos if video.abnormal is not None]
        told = f", {len(labelled)} of them labelled" if labelled else ""
        count = sum(video.abnormal or 0 for video in labelled)
        told += f" ({count} abnormal frames)" if labelled else ""
        print(f"{split}: {len(videos)} videos, {frames} frames{told}")
    cameras = sorted({video.record.camera for video in checked if video.record.camera})
    if cameras:
        print(f"cameras: {', '.join(cameras)}")
