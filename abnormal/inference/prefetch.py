"""Makes the items of an iterator ahead of their use, in a thread of their own."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")

Made = tuple[bool, Any]
"""True and an item; or, at the end, False and the error that ended the iteration, or None."""

POLL_SEC = 0.1
"""How often a thread whose queue is full checks whether its items are still wanted."""


def prefetch(items: Iterable[Item], count: int) -> Generator[Item]:
    """Iterates over items in a thread of their own, while earlier items are used.

    An error of the iteration is raised where the item would have come. Closing the generator ends
    the thread and waits for its end.

    Args:
        items: Only that thread iterates over them. A generator is closed there.
        count: How many items may wait in the queue, at least 1. One more is made and waits for a
            free slot.
    """
    made: queue.Queue[Made] = queue.Queue(count)
    closed = threading.Event()
    thread = threading.Thread(target=_make, args=(items, made, closed), daemon=True)
    thread.start()
    try:
        while True:
            is_item, value = made.get()
            if is_item:
                yield value
            elif value is not None:
                try:
                    raise value
                finally:
                    del value
            else:
                return
    finally:
        closed.set()
        thread.join()


def _make(items: Iterable[Any], made: "queue.Queue[Made]", closed: threading.Event) -> None:
    """Puts all items into the queue, and then the error that ended the iteration, if any.

    It stops early when `closed` is set.
    """

    def put(is_item: bool, value: Any) -> None:
        while not closed.is_set():
            try:
                made.put((is_item, value), timeout=POLL_SEC)
                return
            except queue.Full:
                continue

    error = None
    try:
        for item in items:
            put(True, item)
            if closed.is_set():
                break
    except BaseException as raised:  # it is raised again in the thread that uses the items
        error = raised
    finally:
        if isinstance(items, Generator):
            items.close()
    try:
        put(False, error)
    finally:
        del error  # it refers to this frame: the cycle would keep all items in memory
