"""All that watching cameras needs is put together, runs, and is closed in good order."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from abnormal.commands import command
from abnormal.errors import AbnormalError, Stopped
from abnormal.files import make_folder
from abnormal.inference.detector import Detector, open_detector
from abnormal.live.address import Camera, named_cameras, read_cameras
from abnormal.live.channel import Channel
from abnormal.live.clips import ClipWriter
from abnormal.live.clock import Clock
from abnormal.live.event import Tell
from abnormal.live.mailbox import Mailbox
from abnormal.live.options import WatchOptions
from abnormal.live.prepare import Preparation
from abnormal.live.reader import Reader
from abnormal.live.recorder import Recorder
from abnormal.live.watch import Watch, warm_up
from abnormal.training.interrupt import catching_signals
from abnormal.video.zone import read_zone

QUEUE_SEC = 2.0
"""So much of each camera may wait for being scored before the oldest is dropped."""

OpenListeners = Callable[[], AbstractContextManager[Tell]]
"""Opens all that is told of events, and gives what tells them."""

log = logging.getLogger(__name__)


def cameras_of(table: Path | None, sources: list[str], camera: str) -> list[Camera]:
    """The cameras of a table and those that are named one by one.

    Args:
        table: A CSV file of cameras; None where there is none.
        sources: Numbers of video devices, URLs or files.
        camera: Under which name the model knows them, where the table does not say; may be empty.

    Raises:
        AbnormalError: The table cannot be read, or two cameras have the same name.
    """
    cameras = read_cameras(table, camera) if table else []
    named = {known.name for known in cameras}
    for added in named_cameras(sources, camera):
        if added.name in named:
            raise AbnormalError(
                f"{table} has a camera {added.name!r}, as a --source would be called. Name the "
                "source in the table, too."
            )
        cameras.append(added)
    return cameras


def watch_cameras(options: WatchOptions, open_listeners: OpenListeners) -> None:
    """Watches all cameras until it is stopped or they end.

    Args:
        options: What to watch, and how.
        open_listeners: Opens what is told of events, once the folder of results is there.

    Raises:
        AbnormalError: The model does not know a camera, or something cannot be opened.
        Stopped: A signal asked for it; all events are closed.
    """
    detector = open_detector(options.model, options.model.stem, options.runtime, options.hop)
    for camera in options.cameras:
        detector.demand(options.score, camera.place)
    make_folder(options.output)
    with catching_signals() as interrupt:
        _watch(options, detector, open_listeners, lambda: bool(interrupt.signal))
        if interrupt.signal:
            raise Stopped("stopped; all events are closed", interrupt.exit_code)


def _watch(
    options: WatchOptions,
    detector: Detector,
    open_listeners: OpenListeners,
    is_over: Callable[[], bool],
) -> None:
    cameras, clock = options.cameras, Clock()
    mailbox = Mailbox(len(cameras), round(QUEUE_SEC * detector.info.fps))
    with contextlib.ExitStack() as files:
        tell = files.enter_context(open_listeners())
        clips = ClipWriter(len(cameras)) if options.pictures else None
        if clips:
            files.callback(clips.close)
        warm_up(detector, len(cameras))
        channels = _channels(options, detector, tell, clips)
        for reader in _readers(options, detector, mailbox, clock):
            reader.start()
            files.callback(reader.stop)
        each_minute = partial(_log_health, options.model, channels, mailbox, clock)
        length = detector.info.clip_length
        Watch(channels, mailbox, detector.reconstruct, clock, each_minute, length).run(is_over)


def _channels(
    options: WatchOptions, detector: Detector, tell: Tell, clips: ClipWriter | None
) -> list[Channel]:
    alarm = detector.alarm(options.score, options.threshold, options.false_alarms_per_hour)
    zone = detector.at_size(read_zone(options.zone)) if options.zone else None
    log.info(
        "%s, computed by %s, watches %s: an alarm where %s is above %.4g; events are in %s",
        *(detector.name, detector.runtime, ", ".join(camera.name for camera in options.cameras)),
        *(alarm.score, alarm.threshold, options.output),
    )
    channels = []
    for camera in options.cameras:
        recorder = Recorder(options.output, detector.info.fps, clips) if clips else None
        channels.append(Channel(camera, detector, alarm, tell, recorder, zone))
    return channels


def _readers(
    options: WatchOptions, detector: Detector, mailbox: Mailbox, clock: Clock
) -> Iterator[Reader]:
    flow = bool(detector.calibration.cameras)
    for number, camera in enumerate(options.cameras):
        prepare = Preparation(detector.info.size, detector.info.fps, flow, options.pictures)
        yield Reader(camera, prepare, partial(mailbox.put, number), clock)


def _log_health(model: Path, channels: list[Channel], mailbox: Mailbox, clock: Clock) -> None:
    for number, channel in enumerate(channels):
        log.info("%s", channel.health.line(mailbox.dropped(number)))
        if warning := channel.drift.warning(clock.now()):
            log.warning(
                "%s: %s. Calibrate again on normal footage of it: "
                f"`{command('train')} --calibrate FOLDER --output %s`",
                *(channel.health.name, warning, model),
            )
