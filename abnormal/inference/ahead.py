"""What one step makes while the next one still uses what was made before."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")

LOOK_SEC = 0.1
"""How often a thread whose items nobody takes looks whether anybody still wants them."""


def ahead(items: Iterable[Item], count: int) -> Generator[Item]:
    """The same items, made in a thread of their own while those before are used.

    An error of theirs is raised where the item would have come. When nobody wants more, the
    thread ends, and so do the items.

    Args:
        items: They are made in that thread alone. Where they are a generator, it is closed.
        count: How many may wait, at least 1; so many and one more are made ahead.
    """
    made: queue.Queue[tuple[bool, Item | BaseException | None]] = queue.Queue(count)
    unwanted = threading.Event()

    def put(is_item: bool, value: Item | BaseException | None) -> None:
        while not unwanted.is_set():
            try:
                made.put((is_item, value), timeout=LOOK_SEC)
                return
            except queue.Full:
                continue

    def work() -> None:
        error = None
        try:
            for item in items:
                put(True, item)
                if unwanted.is_set():
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
        unwanted.set()
        thread.join()
