"""Lets SIGTERM and Ctrl-C stop a run in good order after the current batch."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


class Interrupt:
    """Remembers the signal that asks a run to stop.

    Args:
        agree: Takes the signal number of this host, 0 for none, and returns the signal number that
            all hosts act upon.

    Attributes:
        signal: Number of the signal; 0 until one has arrived.
    """

    def __init__(self, agree: Callable[[int], int] = int) -> None:
        self.signal = 0
        self._agree = agree

    def poll(self) -> bool:
        """Returns whether the run has to stop. All hosts get the same answer."""
        agreed = self._agree(self.signal)
        if agreed:  # otherwise a signal that arrived here meanwhile would be lost
            self.signal = agreed
        return bool(agreed)

    @property
    def exit_code(self) -> int:
        """The exit code that shells expect after SIGTERM (143) or SIGINT (130)."""
        return 128 + self.signal


@contextlib.contextmanager
def catching_signals(agree: Callable[[int], int] = int) -> Iterator[Interrupt]:
    """Catches the first SIGTERM or SIGINT during the block; a second one acts as it would outside.

    Args:
        agree: See `Interrupt`.
    """
    interrupt = Interrupt(agree)
    if threading.current_thread() is not threading.main_thread():
        yield interrupt  # Python delivers signals to the main thread only
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def remember(number: int, frame: FrameType | None) -> None:
        interrupt.signal = number
        for caught, handler in before.items():
            signal.signal(caught, handler)

    for number in before:
        signal.signal(number, remember)
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
