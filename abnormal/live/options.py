"""How cameras are watched."""

from dataclasses import dataclass
from pathlib import Path

from abnormal.live.address import Camera


@dataclass(frozen=True)
class WatchOptions:
    """Options of a watch.

    Attributes:
        model: The model file.
        cameras: What is watched.
        output: The folder of results.
        score: Name of the score that raises alarms.
        threshold: An alarm is above this score; None for what the normal footage says.
        false_alarms_per_hour: How many false alarms an hour there may be; None for one normal frame
            in a hundred.
        zone: A picture that is white where nothing counts; None where everything does.
        runtime: Name of what computes the network, or `"auto"`.
        hop: Frames from the beginning of a clip to that of the next; None for a clip's length.
        pictures: Whether thumbnails and clips of events are kept.
    """

    model: Path
    cameras: tuple[Camera, ...]
    output: Path
    score: str
    threshold: float | None = None
    false_alarms_per_hour: float | None = None
    zone: Path | None = None
    runtime: str = "auto"
    hop: int | None = None
    pictures: bool = True
