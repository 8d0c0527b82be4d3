"""Reports once a minute whether a camera's frames are scored in time."""

from collections.abc import Iterable

import numpy as np

REPORT_EVERY_SEC = 60.0

TOO_MANY_DROPPED = 0.1
"""If a larger share of the frames is dropped, a warning says so."""


class Health:
    """Counts what happens to one camera between two reports.

    Attributes:
        name: Name of the camera.
        alarms: Number of events that were opened since the last report.
        reconnects: How often the camera came back since the last report.
        dropped: Number of frames dropped from the start to the last report.
        without_network: Number of frames for which the network had no time, from the start to the
            last report.
        regime: Which of several regimes the camera shows, for people; empty if it has only one.
    """

    def __init__(self, name: str) -> None:
        """Starts with all counts at 0.

        Args:
            name: Name of the camera.
        """
        self.name = name
        self._latencies_sec: list[float] = []
        self.alarms = self.reconnects = self.dropped = self.without_network = 0
        self.regime = ""
        self._dropped_share = 0.0  # between the last two reports
        self._is_warned = False

    def add(self, latencies_sec: Iterable[float]) -> None:
        """Adds the latencies of scored frames, from arrival to score, in seconds."""
        self._latencies_sec += latencies_sec

    def report(self, dropped: int, without_network: int = 0) -> str:
        """Describes in one line what happened since the last report, and starts the next one.

        Args:
            dropped: Number of frames dropped since the start.
            without_network: Number of scored frames for which the network had no time, since the
                start.
        """
        text = f"{self.name}: {len(self._latencies_sec)} frames, {dropped - self.dropped} dropped"
        if without_network > self.without_network:
            text += f", {without_network - self.without_network} without the network"
        if self._latencies_sec:
            median, high = np.quantile(self._latencies_sec, (0.5, 0.95))
            text += f", latency {median:.2f} s p50, {high:.2f} s p95"
        text += f", {self.alarms} alarms, {self.reconnects} reconnects"
        text += f", {self.regime}" if self.regime else ""
        new = dropped - self.dropped
        self._dropped_share = new / max(1, new + len(self._latencies_sec))
        self._latencies_sec.clear()
        self.alarms = self.reconnects = 0
        self.dropped, self.without_network = dropped, without_network
        return text

    def warning(self) -> str:
        """Says after a report that too many frames were dropped, once until it was otherwise."""
        was_warned, self._is_warned = self._is_warned, self._dropped_share > TOO_MANY_DROPPED
        if was_warned or not self._is_warned:
            return ""
        return (
            f"{100 * self._dropped_share:.0f} % of the frames of the last minute were dropped, "
            "because the machine is too busy. What they show was not scored. Watch fewer cameras, "
            "or train a model at a lower rate (`--fps` of preprocess.py)."
        )
