"""The options for watching cameras."""

from dataclasses import dataclass
from pathlib import Path

from abnormal.live.address import Camera
from abnormal.live.quiet_hours import QuietHours


@dataclass(frozen=True)
class WatchOptions:
    """Options for watching cameras.

    Attributes:
        model: Path of the model file.
        cameras: The cameras to watch.
        output: Folder of the results.
        score: Name of the score that raises alarms.
        threshold: A frame whose score is above this is an alarm; None for the threshold that the
            calibration gives.
        false_alarms_per_hour: Expected number of false alarms per hour of a camera, by which its
            threshold is chosen; None for one normal frame in a hundred.
        zone: Path of a picture that is white where anomalies are ignored; None to ignore none.
        runtime: Name of the runtime that computes the network, or `"auto"`.
        hop: Number of frames from the start of one clip to the start of the next; None for the
            length of a clip, so that clips do not overlap.
        exact: Whether the network runs on each clip, also if it shows nothing new.
        pictures: Whether thumbnails and clips of events are kept.
        cool_down_sec: For so many seconds after an event, receivers are told of no other at its
            place; see `abnormal.live.quiet.QuietRule`.
        quiet_hours: When receivers are told of nothing that a camera sees.
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
    exact: bool = False
    pictures: bool = True
    cool_down_sec: float = 0.0
    quiet_hours: tuple[QuietHours, ...] = ()
