"""The time of day by which old events are deleted: a clock that is wrong must not delete them."""

import contextlib
import logging
from pathlib import Path

from abnormal import checks
from abnormal.errors import AbnormalError
from abnormal.files import read_json, write_json
from abnormal.live.clock import Clock, format_utc

FILE_NAME = ".clock.json"
"""File in the folder of results that keeps the time which is trusted for the next run."""
JUMP_SEC = 2.0
"""A clock that differs from what it should show by so many seconds was set."""
BELIEVED_AFTER_SEC = 24 * 3600.0
"""A clock that was set forward is believed after so many seconds. A program that did not run for
less is taken to have stood still, and for longer to have a clock that may have been set forward."""

log = logging.getLogger(__name__)


class TrustedTime:
    """The time of day, except that a clock which is set forward is believed only after a day.

    A wrong clock would otherwise make everything look old enough to be deleted. A clock that is set
    back is believed at once. Both are logged.
    """

    def __init__(self, clock: Clock, folder: Path) -> None:
        """Believes the clock as it is, unless it is too far ahead of the end of the last run.

        Args:
            clock: This machine's clocks.
            folder: The folder of results, in which `save` keeps the time.
        """
        self._clock, self._path = clock, folder / FILE_NAME
        now_sec, utc = clock.now(), clock.utc()
        self._trusted = self._known = utc - now_sec  # offsets of the clock that is set
        self._forward_sec: float | None = None  # when it was set forward
        last_utc, waited_sec = self._saved()
        if utc - last_utc > BELIEVED_AFTER_SEC:
            self._trusted, self._forward_sec = last_utc - now_sec, now_sec - waited_sec
            log.warning(
                "it is %s by the clock of this machine, but this program last ran here at %s: if "
                "that is right, what is old is deleted in a day",
                *(format_utc(utc), format_utc(last_utc)),
            )

    def utc(self) -> float:
        """Returns the time, in seconds since 1970; is to be called about once a minute."""
        now_sec = self._clock.now()
        offset = self._clock.utc() - now_sec
        if abs(offset - self._known) >= JUMP_SEC:
            way = "forward" if offset > self._known else "back"
            log.warning(
                "the clock of this machine was set %s by %.0f s, to %s",
                *(way, abs(offset - self._known), format_utc(now_sec + offset)),
            )
        self._known = offset
        if offset < self._trusted + JUMP_SEC:
            self._trusted, self._forward_sec = offset, None
        elif self._forward_sec is None:
            self._forward_sec = now_sec
        elif now_sec - self._forward_sec >= BELIEVED_AFTER_SEC:
            self._trusted, self._forward_sec = offset, None
        return now_sec + self._trusted

    def save(self) -> None:
        """Keeps the time for the next run; if the disk is full, that of some time ago stays."""
        now_sec = self._clock.now()
        waited_sec = 0.0 if self._forward_sec is None else now_sec - self._forward_sec
        with contextlib.suppress(AbnormalError):
            write_json(self._path, {"utc": now_sec + self._trusted, "waited_sec": waited_sec})

    def _saved(self) -> tuple[float, float]:
        """Returns the time of the end of the last run, and for how long it had not believed.

        The first is infinite if it is not known.
        """
        try:
            saved = checks.mapping("the file", read_json(self._path))
            utc = checks.number("utc", saved.get("utc"), 0, 32e9)
            return utc, checks.number("waited_sec", saved.get("waited_sec"), 0, BELIEVED_AFTER_SEC)
        except (AbnormalError, ValueError):  # as in a folder of an earlier version
            return float("inf"), 0.0
