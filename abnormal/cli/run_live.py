"""What `test_model.py` does with cameras, once its command line is understood."""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from abnormal.cli.asked import read_zone, threshold_of
from abnormal.cli.program import say
from abnormal.errors import AbnormalError, Stopped
from abnormal.files import make_folder
from abnormal.inference.detector import Detector, open_detector
from abnormal.live.address import Camera, named_cameras, read_cameras
from abnormal.live.channel import Alarm, Channel
from abnormal.live.clips import ClipWriter
from abnormal.live.clock import Clock
from abnormal.live.event import LiveEvent, Tell
from abnormal.live.listeners import open_listeners
from abnormal.live.mailbox import Mailbox
from abnormal.live.prepare import Preparation
from abnormal.live.reader import Reader
from abnormal.live.recorder import Recorder
from abnormal.live.watch import Watch, warm_up
from abnormal.scoring.calibration import FUSED
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.training.interrupt import catching_signals

QUEUE_SEC = 2.0
"""So much of each camera may wait for being scored before the oldest is dropped."""


def run_live(args: argparse.Namespace) -> int:
    """Watches all cameras until it is stopped or they end, and returns the exit code."""
    if len(args.model) > 1:
        raise AbnormalError("Cameras are watched with one model. Name one with --model.")
    cameras = _cameras(args)
    detector = open_detector(args.model[0], args.model[0].stem, args.runtime, args.hop)
    if args.score in (FUSED, *LOCAL_SCORES):
        for camera in cameras:
            detector.demand_camera(camera.place)
    make_folder(args.output)
    with catching_signals() as interrupt:
        _watch(args, cameras, detector, lambda: bool(interrupt.signal))
        if interrupt.signal:
            raise Stopped("stopped; all events are closed", interrupt.exit_code)
    return 0


def _cameras(args: argparse.Namespace) -> list[Camera]:
    """Those of the table and those of the command line."""
    cameras = read_cameras(args.cameras, args.camera) if args.cameras else []
    named = {camera.name for camera in cameras}
    for camera in named_cameras(args.source or [], args.camera):
        if camera.name in named:
            raise AbnormalError(
                f"{args.cameras} has a camera {camera.name!r}, as a --source would be called. Name "
                "the source in the table, too."
            )
        cameras.append(camera)
    return cameras


def _watch(
    args: argparse.Namespace,
    cameras: list[Camera],
    detector: Detector,
    is_over: Callable[[], bool],
) -> None:
    info, clock = detector.info, Clock()
    mailbox = Mailbox(len(cameras), round(QUEUE_SEC * info.fps))
    with contextlib.ExitStack() as files:
        tell = files.enter_context(open_listeners(vars(args), args.output, _print))
        clips = None if args.no_frames else ClipWriter(len(cameras))
        if clips:
            files.callback(clips.close)
        warm_up(detector, len(cameras))
        channels = _channels(args, cameras, detector, tell, clips)
        for reader in _readers(cameras, detector, mailbox, clock, pictures=not args.no_frames):
            reader.start()
            files.callback(reader.stop)
        each_minute = partial(_say_health, args.model[0], channels, mailbox, clock)
        Watch(channels, mailbox, detector.reconstruct, clock, each_minute, info.clip_length).run(
            is_over
        )


def _channels(
    args: argparse.Namespace,
    cameras: list[Camera],
    detector: Detector,
    tell: Tell,
    clips: ClipWriter | None,
) -> list[Channel]:
    threshold = threshold_of(args, detector)
    alarm = Alarm(args.score, threshold, detector.calibration.release(args.score, threshold))
    zone = detector.at_size(read_zone(args.ignore_zone)) if args.ignore_zone else None
    say(
        f"{detector.name}, computed by {detector.runtime}, watches "
        f"{', '.join(camera.name for camera in cameras)}: an alarm where {alarm.score} is above "
        f"{alarm.threshold:.4g}; events are in {args.output}"
    )
    channels = []
    for camera in cameras:
        recorder = Recorder(args.output, detector.info.fps, clips) if clips else None
        channels.append(Channel(camera, detector, alarm, tell, recorder, zone))
    return channels


def _readers(
    cameras: list[Camera], detector: Detector, mailbox: Mailbox, clock: Clock, pictures: bool
) -> Iterator[Reader]:
    flow = bool(detector.calibration.cameras)
    for number, camera in enumerate(cameras):
        prepare = Preparation(detector.info.size, detector.info.fps, flow, pictures)
        yield Reader(camera, prepare, partial(mailbox.put, number), clock)


def _say_health(model: Path, channels: list[Channel], mailbox: Mailbox, clock: Clock) -> None:
    for number, channel in enumerate(channels):
        say(channel.health.line(mailbox.dropped(number)))
        if warning := channel.drift.warning(clock.now()):
            say(
                f"warning: {channel.health.name}: {warning}. Calibrate again on normal footage of "
                f"it: `python train_model.py --calibrate FOLDER --output {model}`"
            )


def _print(event: LiveEvent) -> None:
    print(event.as_json(), flush=True)
    say(event.as_sentence())
