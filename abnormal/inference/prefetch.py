"""Items that are made in a thread of their own, ahead of their use."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")

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
    made: queue.Queue[tuple[bool, Item | BaseException | None]] = queue.Queue(count)
    closed = threading.Event()

    def put(is_item: bool, value: Item | BaseException | None) -> None:
        while not closed.is_set():
            try:
                made.put((is_item, value), timeout=POLL_SEC)
                return
            except queue.Full:
                continue

    def work() -> None:
        error = None
        try:
            for item in items:
                put(True, item)
                if closed.is_set():
                    break
        except BaseException as raised:  # it is raised again, where somebody can handle it
            error = raised
        finally:
            if isinstance(items, Generator):
                items.close()
        try:
            put(False, error)
        finally:
            del error  # it knows this frame: together they would keep all that was made

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            is_item, value = made.get()
            if is_item:
                yield value  # type: ignore[misc]
            elif isinstance(value, BaseException):
                try:
                    raise value
                finally:
                    del value
            else:
                return
    finally:
        closed.set()
        thread.join()
