"""SIGTERM and Ctrl-C ask a run to stop at the next batch instead of dying in the middle."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


class Interrupt:
    """What has been asked for.

    Attributes:
        signal: The number of the signal that came; 0 while none has.
    """

    def __init__(self, agree: Callable[[int], int] = int) -> None:
        """Nothing yet; `agree` is from the signal that came here to that of all hosts."""
        self.signal = 0
        self._agree = agree

    def poll(self) -> bool:
        """Whether something has been asked for, here or of another host; all get the same."""
        agreed = self._agree(self.signal)
        if agreed:  # one that has come here meanwhile is for the next time
            self.signal = agreed
        return bool(agreed)

    @property
    def exit_code(self) -> int:
        """What shells expect of a process that a signal has stopped: 143 or 130."""
        return 128 + self.signal


@contextlib.contextmanager
def catching_signals(agree: Callable[[int], int] = int) -> Iterator[Interrupt]:
    """Notes SIGTERM and SIGINT while the block runs; a second one acts at once, as ever."""
    interrupt = Interrupt(agree)
    if threading.current_thread() is not threading.main_thread():
        yield interrupt  # a notebook's thread has no signals
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def note(number: int, frame: FrameType | None) -> None:
        interrupt.signal = number
        for again, handler in before.items():
            signal.signal(again, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
