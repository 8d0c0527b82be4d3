"""Watches cameras in a thread of its own, and hands their events to whoever iterates over them."""

import contextlib
import dataclasses
import queue
import threading
from collections.abc import Iterator
from functools import partial

from abnormal.files import make_folder
from abnormal.inference.detector import Detector
from abnormal.live.event import LiveEvent
from abnormal.live.listeners import open_listeners
from abnormal.live.options import WatchOptions
from abnormal.live.run import require_cameras, run_watch
from abnormal.temporary import temporary_folder


def watch_events(detector: Detector, options: WatchOptions) -> Iterator[LiveEvent]:
    """Returns an iterator over the events of cameras, which are watched from its first `next` on.

    Args:
        detector: The model.
        options: Which cameras are watched, and how. Nothing is kept unless pictures are.

    Raises:
        AbnormalError: The model does not know a camera, or the folder of results cannot be made.
            What goes wrong later is raised by the iterator.
    """
    require_cameras(options, detector)
    if options.pictures:
        make_folder(options.output)
    return _events(detector, options)


def _events(detector: Detector, options: WatchOptions) -> Iterator[LiveEvent]:
    with contextlib.ExitStack() as kept:
        if not options.pictures:  # what is written all the same is not kept
            options = dataclasses.replace(options, output=kept.enter_context(temporary_folder()))
        yield from _events_of_thread(detector, options)


def _events_of_thread(detector: Detector, options: WatchOptions) -> Iterator[LiveEvent]:
    events: queue.SimpleQueue[LiveEvent | BaseException | None] = queue.SimpleQueue()
    unwanted = threading.Event()

    def work() -> None:
        open_all = partial(open_listeners, {}, options.output, events.put)
        try:
            run_watch(options, detector, open_all, unwanted.is_set)
        except BaseException as error:  # whatever ends the watch is raised where it is waited for
            events.put(error)
        else:
            events.put(None)

    thread = threading.Thread(target=work, name="watch", daemon=True)
    thread.start()
    try:
        while (event := events.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        unwanted.set()
        thread.join()
