"""One line a minute: whether a camera keeps up."""

from collections.abc import Iterable

import numpy as np

EVERY_SEC = 60.0


class Health:
    """Counts what happens to one camera between two lines.

    Attributes:
        name: Of the camera.
        alarms: Events that were opened.
        reconnects: How often the camera came back.
        dropped: Frames dropped until the last line, since the start.
    """

    def __init__(self, name: str) -> None:
        """Begins with nothing.

        Args:
            name: Of the camera.
        """
        self.name = name
        self._latencies_sec: list[float] = []
        self.alarms = self.reconnects = self.dropped = 0

    def add(self, latencies_sec: Iterable[float]) -> None:
        """Takes the times from frames' arrivals to their scores."""
        self._latencies_sec += latencies_sec

    def line(self, dropped: int) -> str:
        """What happened since the line before.

        Args:
            dropped: Frames dropped since the start.
        """
        text = f"{self.name}: {len(self._latencies_sec)} frames, {dropped - self.dropped} dropped"
        if self._latencies_sec:
            middle, late = np.quantile(self._latencies_sec, (0.5, 0.95))
            text += f", latency {middle:.2f} s p50, {late:.2f} s p95"
        text += f", {self.alarms} alarms, {self.reconnects} reconnects"
        self._latencies_sec.clear()
        self.alarms = self.reconnects = 0
        self.dropped = dropped
        return text
