"""The options of `test_model.py` for cameras, and the call that watches them."""

import argparse
import logging
import re
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from abnormal.cli.conflicts import Conflict, flag
from abnormal.cli.program import positive_float
from abnormal.cli.streams import StdoutClosedError
from abnormal.errors import AbnormalError
from abnormal.live.listeners import KEEP_DAYS, KEEP_GB, LISTENERS, open_listeners
from abnormal.live.quiet_hours import DAY_MIN, QuietHours

if TYPE_CHECKING:
    from abnormal.live.event import LiveEvent

_ONLY_LIVE = ("page", "cool_down", "quiet", "keep_days", "keep_gb", "no_frames", "allow_redirects")
"""Options that only cameras have, besides those of the listeners."""

log = logging.getLogger(__name__)


def watches_cameras(args: argparse.Namespace) -> bool:
    """Whether cameras are named, or a file that is played as if it were one."""
    from abnormal.live.address import is_stream  # not imported for `--help`

    return bool(args.cameras or args.realtime or any(map(is_stream, args.source or [])))


def live_conflicts() -> tuple[Conflict, ...]:
    """Returns which options have no effect for cameras, and which for nothing else."""
    return (
        Conflict(
            watches_cameras,
            "{options} {are} for testing files, not for watching cameras. Leave {them} out.",
            without_effect=(
                *("img", "strict", "scheduler", "box_size", "box_threshold", "panels", "figures"),
            ),
        ),
        Conflict(
            lambda args: not watches_cameras(args),
            "{options} {are} for cameras. Name one with --source, such as 0 or rtsp://..., or play "
            "a file with --realtime.",
            without_effect=(*LISTENERS, *_ONLY_LIVE),
        ),
    )


def add_live_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that are for cameras."""
    add = parser.add_argument_group("cameras").add_argument
    add("--cameras", type=Path, metavar="CSV", help="cameras to watch: name,source[,camera]")
    add("--realtime", action="store_true", help="play the file of --source as if it were a camera")
    for option, listener in LISTENERS.items():
        add(flag(option), metavar=listener.metavar, help=listener.help)
    add(
        "--page",
        metavar="HOST:PORT",
        help="serve a page to look at: 127.0.0.1:8080 is for this machine alone",
    )
    add(
        "--allow-redirects",
        action="store_true",
        help="follow redirects and playlists of cameras to other hosts, too",
    )
    add(
        "--cool-down",
        type=positive_float,
        metavar="SEC",
        help="after an event, only record others at its place for so many seconds",
    )
    add(
        "--quiet",
        type=quiet_hours,
        action="append",
        metavar="HH:MM-HH:MM",
        help="only record what is seen at these hours of local time; several times if need be",
    )
    add(
        "--keep-days",
        type=limit,
        metavar="DAYS",
        help=f"delete what is kept of older events, inf for never (default: {KEEP_DAYS:g})",
    )
    add(
        "--keep-gb",
        type=limit,
        metavar="GB",
        help=f"delete the oldest events if more is kept, inf for never (default: {KEEP_GB:g})",
    )
    add("--no-frames", action="store_true", help="keep no pictures of what cameras see")


def quiet_hours(text: str) -> QuietHours:
    """Converts an argument such as `22:00-06:00` to quiet hours.

    Raises:
        argparse.ArgumentTypeError: It is no such argument; the message says what is expected.
    """
    found = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])-([0-9]{1,2}):([0-5][0-9])", text)
    hours = [60 * int(found[n]) + int(found[n + 1]) for n in (1, 3)] if found else [0, 0]
    if hours[0] == hours[1] or hours[0] >= DAY_MIN or hours[1] > DAY_MIN:
        raise argparse.ArgumentTypeError(
            f"{text!r} are no hours of a day. Expected: when they begin and end, such as "
            "22:00-06:00 or 18:30-24:00"
        )
    return QuietHours(*hours)


def limit(text: str) -> float:
    """Converts an argument to a number above 0, which may be infinite.

    Raises:
        ValueError: It is not such a number.
    """
    value = float(text)
    if not value > 0:
        raise ValueError
    return value


limit.__name__ = 'number above 0, or "inf" for no limit'


def is_live(args: argparse.Namespace) -> bool:
    """Returns whether to watch cameras, after a look at what --source names.

    Raises:
        AbnormalError: It names something that cannot be watched, or several files to be tested.
    """
    from abnormal.live.address import is_stream  # not imported for `--help`

    sources = args.source or []
    if watches_cameras(args):
        for source in sources:
            if not is_stream(source) and not Path(source).is_file():
                raise AbnormalError(
                    f"{source} cannot be watched: there is no such file. Expected: a camera's "
                    "number, a URL, or a video file with --realtime."
                )
        if not sources and not args.cameras:
            raise AbnormalError("--realtime plays files. Name one with --source.")
        return True
    if len(sources) > 1:
        raise AbnormalError(
            f"--source is given {len(sources)} times, which is for cameras. Name one file or "
            "folder, or play the files at their own pace with --realtime."
        )
    return False


def watch(args: argparse.Namespace) -> int:
    """Watches cameras until they end or the program is stopped, and returns the exit code."""
    from abnormal.live.options import WatchOptions
    from abnormal.live.run import list_cameras, watch_cameras

    if len(args.model) > 1:
        raise AbnormalError("Cameras are watched with one model. Name one with --model.")
    cameras = list_cameras(args.cameras, args.source or [], args.camera, args.allow_redirects)
    options = WatchOptions(
        model=args.model[0],
        cameras=tuple(cameras),
        output=args.output,
        score=args.score,
        threshold=args.threshold,
        false_alarms_per_hour=args.false_alarms_per_hour,
        zone=args.ignore_zone,
        runtime=args.runtime,
        hop=args.hop,
        exact=args.exact,
        pictures=not args.no_frames,
        cool_down_sec=args.cool_down or 0.0,
        quiet_hours=tuple(args.quiet or ()),
    )
    listeners = partial(open_listeners, vars(args), args.output, _print_event)
    watch_cameras(options, listeners)
    return 0


def _print_event(event: "LiveEvent") -> None:
    from abnormal.live.clock import format_utc

    log.info("%s %s", format_utc(time.time()), event.as_message())
    try:
        print(event.as_json(), flush=True)
    except StdoutClosedError as closed:
        log.error("%s; the watch goes on, and events are in events.jsonl", closed)
        closed.stdout.discard()
