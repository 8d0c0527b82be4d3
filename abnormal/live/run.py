"""Sets up what watching cameras needs, runs it, and closes it in the right order."""

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from abnormal.commands import calibrate_command
from abnormal.errors import AbnormalError, Stopped
from abnormal.files import make_folder
from abnormal.inference.detector import Detector, open_detector
from abnormal.live.address import Camera, cameras_from_sources, read_cameras
from abnormal.live.clips import ClipWriter
from abnormal.live.clock import Clock
from abnormal.live.dismiss import keep_event_cells
from abnormal.live.dismissals import Dismissals
from abnormal.live.event import SendEvent
from abnormal.live.frame import LiveFrame, ReaderMessage
from abnormal.live.mailbox import Mailbox
from abnormal.live.monitor import CameraMonitor
from abnormal.live.options import WatchOptions
from abnormal.live.prepare import FramePreparer
from abnormal.live.quiet import QuietRule
from abnormal.live.reader import CameraReader
from abnormal.live.recorder import Recorder, amend_events_of_killed_run
from abnormal.live.status import Watched
from abnormal.live.watch import WatchLoop, warm_up
from abnormal.scoring.alarm import describe_thresholds
from abnormal.scoring.local import needs_network
from abnormal.training.interrupt import catching_signals
from abnormal.video.zone import read_zone

QUEUE_SEC = 1.0
"""When so many seconds of a camera's frames wait for being scored, it has no more room."""

OpenListeners = Callable[[Watched], AbstractContextManager[SendEvent]]
"""Opens all that receives events, and gives the function that sends them."""

log = logging.getLogger(__name__)


def list_cameras(
    table: Path | None, sources: list[str], camera: str, allow_redirects: bool = False
) -> list[Camera]:
    """Lists the cameras of a table and those that are given one by one.

    Args:
        table: A CSV file of cameras; None if there is none.
        sources: Numbers of video devices, URLs or paths of files.
        camera: Name by which the model knows the cameras, unless the table says otherwise; may be
            empty.
        allow_redirects: Whether the cameras may lead to other hosts.

    Raises:
        AbnormalError: The table cannot be read, or two cameras have the same name.
    """
    cameras = read_cameras(table, camera) if table else []
    names = {known.name for known in cameras}
    for added in cameras_from_sources(sources, camera):
        if added.name in names:
            raise AbnormalError(
                f"{table} has a camera {added.name!r}, as a --source would be called. Name the "
                "source in the table, too."
            )
        cameras.append(added)
    return [dataclasses.replace(one, allow_redirects=allow_redirects) for one in cameras]


def watch_cameras(options: WatchOptions, open_listeners: OpenListeners) -> None:
    """Watches cameras until a signal stops the program or all sources have ended.

    Args:
        options: Which cameras are watched, and how.
        open_listeners: Opens what receives events; it is called when the folder of results exists.

    Raises:
        AbnormalError: The model does not know a camera, or something cannot be opened.
        Stopped: A signal stopped the program; all events have been closed.
    """
    detector = open_detector(
        *(options.model, options.model.stem, options.runtime, options.hop, options.exact)
    )
    require_cameras(options, detector)
    make_folder(options.output)
    with catching_signals() as interrupt:
        run_watch(options, detector, open_listeners, lambda: bool(interrupt.signal))
        if interrupt.signal:
            raise Stopped("stopped; all events are closed", interrupt.exit_code)


def require_cameras(options: WatchOptions, detector: Detector) -> None:
    """Makes sure that a model knows all cameras.

    Raises:
        AbnormalError: The model is not calibrated for the score or for a camera.
    """
    for camera in options.cameras:
        detector.require(options.score, camera.known_as)
        if note := detector.note_on_camera(camera.known_as):
            log.info("%s: %s", camera.name, note)


def run_watch(
    options: WatchOptions,
    detector: Detector,
    open_listeners: OpenListeners,
    is_stopped: Callable[[], bool],
) -> None:
    """Watches cameras with a model until that is stopped or all sources have ended.

    Args:
        options: Which cameras are watched, and how.
        detector: The model, which knows all cameras.
        open_listeners: Opens what receives events.
        is_stopped: Whether somebody has asked for the end.

    Raises:
        AbnormalError: A file cannot be read.
    """
    cameras, clock = options.cameras, Clock()
    watched = Watched([camera.name for camera in cameras], options.pictures)
    length = detector.info.clip_length
    hop = detector.overlap.hop if detector.overlap else length
    capacity = round(QUEUE_SEC * detector.info.fps)
    mailbox = Mailbox(len(cameras), capacity=capacity, clip_length=length, hop=hop)
    with contextlib.ExitStack() as opened:
        send = opened.enter_context(open_listeners(watched))
        clips = ClipWriter(len(cameras)) if options.pictures else None
        if clips:
            opened.callback(clips.close)
            amend_events_of_killed_run(options.output, send)
        warm_up(detector, len(cameras))
        monitors = _monitors(options, detector, send, clips)
        readers = list(_readers(options, detector, monitors, mailbox, clock))
        for reader in readers:
            reader.start()
            opened.callback(reader.stop)

        for monitor, reader in zip(monitors, readers, strict=True):
            monitor.status.dropped = reader.dropped
        known = detector.info, detector.calibration
        dismissals = Dismissals(options.model, options.output, *known, monitors)
        watched.set_up([monitor.status for monitor in monitors], dismissals)

        def each_minute() -> None:
            _log_health(options.model, monitors, clock)
            dismissals.refresh()

        loop = WatchLoop(monitors, mailbox, detector.reconstruct, clock, each_minute, length)
        loop.run(is_stopped)


def _monitors(
    options: WatchOptions, detector: Detector, send: SendEvent, clips: ClipWriter | None
) -> list[CameraMonitor]:
    alarm = detector.alarm(options.score, options.threshold, options.false_alarms_per_hour)
    zone = detector.at_size(read_zone(options.zone)) if options.zone else None
    log.info(
        "%s, computed by %s, watches %s: an alarm where %s is above %s; events are in %s",
        *(detector.name, detector.runtime, ", ".join(camera.name for camera in options.cameras)),
        *(alarm.score, describe_thresholds(alarm.threshold, alarm.thresholds), options.output),
    )
    if not (detector.exact or needs_network(alarm.score)):
        log.info("the network does not run, because %s does not need it", alarm.score)
    monitors = []
    for camera in options.cameras:
        recorder = Recorder(options.output, detector.info.fps, clips) if clips else None
        monitor = CameraMonitor(camera, detector, alarm, send, recorder, zone)
        if options.pictures:  # a regime has a background
            monitor.regimes.keep_in(options.output)
        monitor.events.why_quiet = QuietRule(options.cool_down_sec, options.quiet_hours)
        monitor.keep_cells = partial(keep_event_cells, options.output)
        monitors.append(monitor)
    return monitors


def _readers(
    options: WatchOptions,
    detector: Detector,
    monitors: list[CameraMonitor],
    mailbox: Mailbox,
    clock: Clock,
) -> Iterator[CameraReader]:
    flow = bool(detector.calibration.cameras)
    for number, (camera, monitor) in enumerate(zip(options.cameras, monitors, strict=True)):
        prepare = FramePreparer(
            *(detector.info.size, detector.info.fps, flow, options.pictures),
            monitor.regimes.watch,
        )
        put = partial(_deliver, monitor, mailbox, number)
        reader = CameraReader(camera, prepare, put, partial(mailbox.has_room, number), clock)
        reader.pass_time = monitor.faults.pass_time
        yield reader


def _deliver(monitor: CameraMonitor, mailbox: Mailbox, number: int, message: ReaderMessage) -> None:
    """Reports what is wrong with a camera at once, and lets its frames wait for being scored."""
    monitor.faults.take(message)
    if not (isinstance(message, LiveFrame) and message.is_dropped):
        mailbox.put(number, message)


def _log_health(model: Path, monitors: list[CameraMonitor], clock: Clock) -> None:
    for monitor in monitors:
        status = monitor.status
        log.info("%s", monitor.health.report(status.dropped(), status.without_network))
        if warning := monitor.health.warning():
            log.warning("%s: %s", monitor.health.name, warning)
        if warning := monitor.drift.warning(clock.now()):
            log.warning(
                "%s: %s. Calibrate again on normal footage of it, "
                "`%s`, and then start the watch again, because it goes on with what it has read "
                "at its start",
                *(monitor.health.name, warning, calibrate_command(model)),
            )
