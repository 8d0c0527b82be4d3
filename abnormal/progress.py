"""Shows the progress of long work, and estimates the remaining time."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tqdm import tqdm

LINE_SEC = 30.0
"""Seconds from one line to the next if stderr is not a terminal, on which a bar is shown."""

SMOOTHING = 0.05
"""Weight of the newest measurement in the average speed, from which the remaining time follows."""

log = logging.getLogger(__name__)


class Progress:
    """Shows the progress of a piece of work on stderr.

    On a terminal it shows a bar. In a file or a pipe it writes a line every `LINE_SEC` seconds, and
    one at the end. It shows nothing unless messages of level INFO are enabled, so that the package
    is silent as a library.

    Attributes:
        title: Text before the figures. It may be changed during the work.
        note: Text after the figures, empty at first. It may be changed during the work.
    """

    def __init__(
        self,
        unit: str,
        total: int = 0,
        title: str = "",
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begins to measure the time. Use the object as a context manager, which ends the bar.

        Args:
            unit: Name of what is counted, such as `"frames"`. Bytes (`"B"`) are shown as kB or MB.
            total: Number of units in total; 0 if it is not known.
            title: Text before the figures.
            done: Number of units that an earlier run has done.
            clock: Returns the time in seconds, and never goes backwards.
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
        """Adds units that are done to the count. Several threads may call it.

        Args:
            count: Number of units that were done since the last call.
        """
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
