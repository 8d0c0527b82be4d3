"""What `test_model.py` does with cameras, once its command line is understood."""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from abnormal.cli.asked import read_zone, threshold_of
from abnormal.cli.program import say
from abnormal.errors import AbnormalError, CannotWriteError, Stopped
from abnormal.files import make_folder
from abnormal.inference.detector import Detector, open_detector
from abnormal.live.address import Camera, named_cameras, read_cameras
from abnormal.live.channel import Alarm, Channel
from abnormal.live.clock import Clock
from abnormal.live.command import AlarmCommand
from abnormal.live.drift import DriftWatch
from abnormal.live.event import LiveEvent, Tell
from abnormal.live.log import open_log
from abnormal.live.mailbox import Mailbox
from abnormal.live.prepare import Preparation
from abnormal.live.reader import Reader
from abnormal.live.recorder import ClipWriter, Recorder
from abnormal.live.watch import Watch, warm_up
from abnormal.live.webhook import Webhook
from abnormal.scoring.calibration import FUSED
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.training.interrupt import catching_signals

QUEUE_SEC = 2.0
"""So much of each camera may wait for being scored before the oldest is dropped."""
LAST_WORDS_SEC = 5.0
"""How long the webhook may take for the last events; what is left is sent by the next run."""


def run_live(args: argparse.Namespace) -> int:
    """Watches all cameras until it is stopped or they end, and returns the exit code."""
    if len(args.model) > 1:
        raise AbnormalError("Cameras are watched with one model. Name one with --model.")
    cameras = read_cameras(args.cameras, args.camera) if args.cameras else []
    cameras += named_cameras(args.source or [], args.camera)
    detector = open_detector(args.model[0], args.model[0].stem, args.runtime)
    if args.score in (FUSED, *LOCAL_SCORES):
        for camera in cameras:
            detector.demand_camera(camera.place)
    make_folder(args.output)
    with (
        catching_signals() as interrupt,
        contextlib.ExitStack() as files,
    ):
        _watch(args, cameras, detector, files, lambda: bool(interrupt.signal))
        if interrupt.signal:
            raise Stopped("stopped; all events are closed", interrupt.exit_code)
    return 0


def _watch(
    args: argparse.Namespace,
    cameras: list[Camera],
    detector: Detector,
    files: contextlib.ExitStack,
    is_over: Callable[[], bool],
) -> None:
    info, clock = detector.info, Clock()
    tell = files.enter_context(_listeners(args))
    clips = None if args.no_frames else ClipWriter(len(cameras), say)
    if clips:
        files.callback(clips.close)
    mailbox = Mailbox(len(cameras), round(QUEUE_SEC * info.fps))
    threshold = threshold_of(args, detector)
    alarm = Alarm(args.score, threshold, detector.calibration.release(args.score, threshold))
    zone = detector.at_size(read_zone(args.ignore_zone)) if args.ignore_zone else None
    drifts = [DriftWatch() for _ in cameras]
    channels = [
        Channel(
            camera,
            detector,
            alarm,
            tell,
            drift,
            Recorder(args.output, info.fps, clips) if clips else None,
            zone,
        )
        for camera, drift in zip(cameras, drifts, strict=True)
    ]
    warm_up(detector.reconstruct, len(cameras), (info.clip_length, info.size, info.size))
    flow = bool(detector.calibration.cameras)
    readers = [
        Reader(
            camera,
            Preparation(info.size, info.fps, flow, pictures=clips is not None),
            partial(mailbox.put, number),
            clock,
        )
        for number, camera in enumerate(cameras)
    ]
    _say_begin(args, cameras, detector, alarm)
    for reader in readers:
        reader.start()
        files.callback(reader.stop)

    def each_minute() -> None:
        for number, (camera, channel) in enumerate(zip(cameras, channels, strict=True)):
            say(channel.health.line(mailbox.dropped(number)))
            if warning := drifts[number].warning(clock.now()):
                say(
                    f"warning: {camera.name}: {warning}. Calibrate again on normal footage of it: "
                    f"`python train_model.py --calibrate FOLDER --output {args.model[0]}`"
                )

    watch = Watch(channels, mailbox, detector.reconstruct, clock, each_minute, info.clip_length)
    watch.run(is_over)


def _say_begin(
    args: argparse.Namespace, cameras: list[Camera], detector: Detector, alarm: Alarm
) -> None:
    names = ", ".join(camera.name for camera in cameras)
    say(
        f"{detector.name}, computed by {detector.runtime}, watches {names}: an alarm where "
        f"{alarm.score} is above {alarm.threshold:.4g}; events are in {args.output}"
    )


@contextlib.contextmanager
def _listeners(args: argparse.Namespace) -> Iterator[Tell]:
    """Opens all that is told of events; what is told last is told to all."""
    with contextlib.ExitStack() as files:
        listeners: list[Tell] = [_print]
        listeners.append(files.enter_context(open_log(args.output)))
        if args.alarm_command:
            command = AlarmCommand(args.alarm_command, say)
            command.start()
            files.callback(command.stop)
            listeners.append(command)
        if args.webhook:
            webhook = Webhook(args.webhook, args.output / "webhook", say)
            webhook.start()
            files.callback(webhook.stop, LAST_WORDS_SEC)
            listeners.append(webhook)

        def tell(event: LiveEvent) -> None:
            for listener in listeners:
                try:
                    listener(event)
                except CannotWriteError as error:  # a full disk does not end the watch
                    say(f"warning: {event.id}: {error}")

        yield tell


def _print(event: LiveEvent) -> None:
    print(event.as_json(), flush=True)
    say(event.as_sentence())
