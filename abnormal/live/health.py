"""Reports once a minute whether a camera's frames are scored in time."""

from collections.abc import Iterable

import numpy as np

REPORT_EVERY_SEC = 60.0


class Health:
    """Counts what happens to one camera between two reports.

    Attributes:
        name: Name of the camera.
        alarms: Number of events that were opened since the last report.
        reconnects: How often the camera came back since the last report.
        dropped: Number of frames dropped from the start to the last report.
        regime: Which of several regimes the camera shows, for people; empty if it has only one.
    """

    def __init__(self, name: str) -> None:
        """Starts with all counts at 0.

        Args:
            name: Name of the camera.
        """
        self.name = name
        self._latencies_sec: list[float] = []
        self.alarms = self.reconnects = self.dropped = 0
        self.regime = ""

    def add(self, latencies_sec: Iterable[float]) -> None:
        """Adds the latencies of scored frames, from arrival to score, in seconds."""
        self._latencies_sec += latencies_sec

    def report(self, dropped: int) -> str:
        """Describes in one line what happened since the last report, and starts the next one.

        Args:
            dropped: Number of frames dropped since the start.
        """
        text = f"{self.name}: {len(self._latencies_sec)} frames, {dropped - self.dropped} dropped"
        if self._latencies_sec:
            median, high = np.quantile(self._latencies_sec, (0.5, 0.95))
            text += f", latency {median:.2f} s p50, {high:.2f} s p95"
        text += f", {self.alarms} alarms, {self.reconnects} reconnects"
        text += f", {self.regime}" if self.regime else ""
        self._latencies_sec.clear()
        self.alarms = self.reconnects = 0
        self.dropped = dropped
        return text
