"""The rule for time stamps: which are believed, what is a gap, what is a jump, and what is done.

`docs/DATA.md` states it as a table. Files, folders and live cameras all get their times from here.
"""

import statistics
from collections import deque
from typing import NamedTuple

from abnormal.video.stamps import ANY_STAMPS, StampKind, Stamps

GAP_SEC, GAP_SPACINGS = 1.0, 4
"""A gap is a step of more than so many seconds and more than so many usual spacings."""

LONGEST_GAP_SEC = 600.0
"""Where the clock may jump, as in MPEG-TS, a longer step is a jump, not a pause of the recorder."""

REORDERED = 8
"""A stamp that goes back by at most so many spacings may belong to another picture near by."""

PATIENCE = 16
"""If so many stamps in a row are too low, the clock has begun anew."""

MEDIAN_STEPS = 16
"""The usual spacing is the median of so many steps."""

TOLERATED_SHARE = 0.02
"""Share of all pictures whose stamps may be missing or wrong before that is said."""

LEAST_STEP_SEC = 1e-6
"""Times grow by at least this from frame to frame."""


class FrameTime(NamedTuple):
    """When a frame is shown.

    Attributes:
        sec: Seconds since the first frame, growing from frame to frame.
        after_gap: Whether it must not be compared with the frame before it, because there is a gap
            or because the clock jumped.
    """

    sec: float
    after_gap: bool = False


class FrameClock:
    """Gives growing times to pictures in the order in which they are shown, whatever their stamps.

    A stamp counts by its distance from the stamps before it. A picture without a stamp that can be
    believed comes one usual spacing after the one before it, so that the clock of the stream and
    that of a counter are never mixed.

    Attributes:
        spacing_sec: The usual spacing of pictures, in seconds.
        gaps: Number of gaps so far.
        jumps: Number of times that the clock jumped or began anew so far.
        replaced: Number of stamps so far that were missing or not believed, although the container
            has stamps.
    """

    def __init__(self, spacing_sec: float, kind: StampKind = ANY_STAMPS) -> None:
        """Starts before the first picture.

        Args:
            spacing_sec: The spacing of pictures as far as it is known, in seconds, above 0.
            kind: What the stamps of the container are worth.
        """
        self.spacing_sec = spacing_sec
        self.gaps = self.jumps = self.replaced = 0
        self._kind, self._by_decoding = kind, kind.by_decoding
        self._count = 0
        self._longest_sec = 0.0
        self._steps = deque([spacing_sec] * MEDIAN_STEPS, MEDIAN_STEPS)
        self._last_sec: float | None = None
        self._offset_sec: float | None = None  # what is added to a stamp
        self._before = Stamps(None)
        self._decoding_grows = True  # whether the stamps for decoding have grown so far
        self._doubted = 0  # number of stamps in a row that are too low

    def __call__(
        self, stamps: Stamps, following: Stamps | None = None, missed: int = 0
    ) -> FrameTime:
        """Returns the time of the next picture.

        Args:
            stamps: Its stamps.
            following: The stamps of the picture after it, if they are known.
            missed: Number of pictures before it that could not be decoded.
        """
        if not self._kind.exist:
            return self._counted(missed)
        self._choose(stamps)
        stamp, after = self._chosen(stamps), self._chosen(following)
        if stamp is None:
            self.replaced += not self._by_decoding  # at the end, that is how decoders work
            return self._counted(missed)
        if self._last_sec is None or self._offset_sec is None:
            return self._anchored(stamp, missed)
        step = stamp + self._offset_sec - self._last_sec
        if step < LEAST_STEP_SEC:
            return self._backward(stamp, step)
        doubted, self._doubted = self._doubted, 0
        if not is_gap(step, self.spacing_sec):
            if not doubted:
                self._learn(step)
            return self._at(self._last_sec + step)
        if after is not None and after <= stamp:  # a single stamp that is far off
            self.replaced += 1
            return self._counted(missed)
        if self._kind.may_jump and step > LONGEST_GAP_SEC:
            return self._jump(stamp)
        self._learn(step)
        self.gaps += 1
        self._longest_sec = max(self._longest_sec, step)
        return self._at(self._last_sec + step, after_gap=True)

    def notes(self) -> list[str]:
        """Returns sentences for people about the gaps, jumps and replaced stamps so far."""
        found = []
        if self.gaps:
            gaps = f"a gap of {self._longest_sec:.3g} s"
            if self.gaps > 1:
                gaps = f"{self.gaps} gaps, the longest of {self._longest_sec:.3g} s,"
            found.append(f"it has {gaps} which no clip spans")
        if self.jumps:
            often = "once" if self.jumps == 1 else f"{self.jumps} times"
            found.append(f"its clock jumped {often}, which no clip spans")
        if self.replaced > TOLERATED_SHARE * self._count:
            found.append(f"{self.replaced} of {self._count} time stamps are missing or wrong")
        return found

    def _choose(self, stamps: Stamps) -> None:
        """Changes to the stamps for decoding where those for showing go back, but they never do."""
        before, self._before = self._before, stamps
        self._decoding_grows &= _grows(before.decoded_sec, stamps.decoded_sec)
        if self._by_decoding or stamps.decoded_sec is None or not self._decoding_grows:
            return
        if not _grows(before.shown_sec, stamps.shown_sec):
            self._by_decoding, self._offset_sec = True, None
            self.replaced += 1

    def _chosen(self, stamps: Stamps | None) -> float | None:
        return None if stamps is None else stamps[self._by_decoding]

    def _anchored(self, stamp: float, missed: int = 0) -> FrameTime:
        time = self._counted(missed)
        self._offset_sec, self._doubted = time.sec - stamp, 0
        return time

    def _backward(self, stamp: float, step: float) -> FrameTime:
        """Places a picture whose stamp is not after that of the picture before it.

        The stamps of a few pictures may be in a wrong order, or be guesses of FFmpeg; the next ones
        are then as expected. If they are not, the clock has begun anew.
        """
        self._doubted += 1
        if self._doubted >= PATIENCE or -step > REORDERED * self.spacing_sec:
            return self._jump(stamp)
        self.replaced += 1
        assert self._last_sec is not None
        # Of two equal stamps, the second must not take the place of the next one.
        ahead_sec = self.spacing_sec / 2 if -step < self.spacing_sec / 2 else self.spacing_sec
        return self._at(self._last_sec + ahead_sec)

    def _jump(self, stamp: float) -> FrameTime:
        self.jumps += 1
        return self._anchored(stamp)._replace(after_gap=True)

    def _counted(self, missed: int) -> FrameTime:
        if self._last_sec is None:
            return self._at(0.0)
        return self._at(self._last_sec + (1 + missed) * self.spacing_sec)

    def _at(self, sec: float, after_gap: bool = False) -> FrameTime:
        self._last_sec = sec
        self._count += 1
        return FrameTime(sec, after_gap)

    def _learn(self, step: float) -> None:
        self._steps.append(step)
        self.spacing_sec = statistics.median(self._steps)


def is_gap(step_sec: float, spacing_sec: float) -> bool:
    """Tells whether a step from one frame to the next is a gap, given the usual spacing."""
    return step_sec > max(GAP_SEC, GAP_SPACINGS * spacing_sec)


def _grows(before: float | None, now: float | None) -> bool:
    return before is None or now is None or now > before
