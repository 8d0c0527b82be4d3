"""How far long work is, and how long it will still take."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tqdm import tqdm

LINE_SEC = 30.0
"""Seconds from one line to the next where there is no terminal for a bar."""

SMOOTHING = 0.05
"""Weight of the newest measurement in the speed that the remaining time is computed from."""

log = logging.getLogger(__name__)


class Progress:
    """Shows how far a piece of work is.

    On a terminal that is a bar. In a file or a pipe it is a line every `LINE_SEC` seconds and one
    at the end. Nothing is shown unless messages of level INFO are wanted, so that this package is
    silent as a library.

    Attributes:
        title: Text before the figures; it may change while the work goes on.
        note: Text behind the figures; it may change, too.
    """

    def __init__(
        self,
        unit: str,
        total: int = 0,
        title: str = "",
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begins to count; use it as a context manager, which ends the bar.

        Args:
            unit: What is counted, such as `"frames"`; `"B"` is shown as kB, MB and so on.
            total: How many there are; 0 where that is not known.
            title: Text before the figures.
            done: How many are done already, by a run before this one.
            clock: Seconds that only grow.
        """
        self.title, self.note = title, ""
        self._unit, self._in_thousands = unit if unit == "B" else f" {unit}", unit == "B"
        self._total, self._done, self._initial = total or None, done, done
        self._written = done  # what the last line told
        self._clock = clock
        self._begun_sec = self._line_sec = clock()
        self._lock = threading.Lock()
        self._wanted = log.isEnabledFor(logging.INFO)
        self._bar = None
        if self._wanted and sys.stderr.isatty():
            self._bar = tqdm(
                total=self._total,
                initial=done,
                desc=title,
                smoothing=SMOOTHING,
                unit=self._unit,
                unit_scale=self._in_thousands,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        else:
            with self._lock:
                self._write_line()

    def advance(self, count: int = 1) -> None:
        """Counts what was done since the last call; several threads may call it."""
        with self._lock:
            self._done += count
            if self._bar is not None:
                self._bar.set_description_str(self.title, refresh=False)
                self._bar.set_postfix_str(self.note, refresh=False)
                self._bar.update(count)
            elif self._clock() - self._line_sec >= LINE_SEC:
                self._line_sec = self._clock()
                self._write_line()

    def _write_line(self) -> None:
        if not self._wanted or self._done == self._written:
            return
        self._written = self._done
        figures = tqdm.format_meter(
            self._done,
            self._total,  # type: ignore[arg-type]  # None where it is not known, as tqdm documents
            self._clock() - self._begun_sec,
            ncols=0,
            prefix=self.title,
            postfix=self.note,
            initial=self._initial,
            unit=self._unit,
            unit_scale=self._in_thousands,
        )
        log.info("%s", figures.strip().replace("s/ ", "s/"))
