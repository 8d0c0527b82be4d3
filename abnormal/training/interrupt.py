"""SIGTERM and Ctrl-C let a run stop in good order at its next batch."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


class Interrupt:
    """The signal that asks a run to stop, once one has come.

    Attributes:
        signal: The number of the signal; 0 while none has come.
    """

    def __init__(self, agree: Callable[[int], int] = int) -> None:
        """Starts without a signal.

        Args:
            agree: Takes the signal of this host (0 for none) and returns the one that all hosts
                act upon.
        """
        self.signal = 0
        self._agree = agree

    def poll(self) -> bool:
        """Returns whether the run has to stop; all hosts get the same answer."""
        agreed = self._agree(self.signal)
        if agreed:  # else a signal that has come here meanwhile would be lost
            self.signal = agreed
        return bool(agreed)

    @property
    def exit_code(self) -> int:
        """The exit code that shells expect after SIGTERM (143) or SIGINT (130)."""
        return 128 + self.signal


@contextlib.contextmanager
def catching_signals(agree: Callable[[int], int] = int) -> Iterator[Interrupt]:
    """Catches the first SIGTERM or SIGINT of the block; a second one acts as it does outside.

    Args:
        agree: See `Interrupt`.
    """
    interrupt = Interrupt(agree)
    if threading.current_thread() is not threading.main_thread():
        yield interrupt  # Python delivers signals to the main thread only
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
