"""The options for scoring test videos."""

from dataclasses import dataclass
from pathlib import Path

from abnormal.scoring.localisation import DEFAULT_LOCALISER, Localiser


@dataclass(frozen=True)
class DetectionOptions:
    """Options for scoring test videos.

    Attributes:
        models: Paths of the model files. Several models are compared.
        img: Folder of frames, which is used if there is no source.
        source: Path of a video or of a folder of videos; None to use `img`.
        camera: Name by which the models know the camera that filmed the videos; empty to use the
            camera of each video.
        output: Folder of the results.
        score: Name of the score that raises alarms.
        threshold: A frame whose score is above this is an alarm; None for the threshold that the
            calibration gives.
        false_alarms_per_hour: Expected number of false alarms per hour of a camera, by which its
            threshold is chosen; None for one normal frame in a hundred.
        zone: Path of a picture that is white where anomalies are ignored; None to ignore none.
        localiser: Finds the anomalous pixels.
        runtime: Name of the runtime that computes the networks, or `"auto"`.
        hop: Number of frames from the start of one clip to the start of the next; None for the
            length of a clip, so that clips do not overlap.
        exact: Whether the network runs on each clip, also if it shows nothing new.
        scheduler: Address of the Dask scheduler whose workers score the videos; None to score them
            in this process.
        figures: File ending of the plots, `"png"` or `"svg"`; None to write no plots, pictures and
            videos.
        panels: Whether the four panels of each frame are also written as a picture.
        only_events: Whether only frames around events are drawn, and few of the others.
    """

    models: tuple[Path, ...]
    img: Path
    source: Path | None
    camera: str
    output: Path
    score: str
    threshold: float | None
    false_alarms_per_hour: float | None
    zone: Path | None = None
    localiser: Localiser = DEFAULT_LOCALISER
    runtime: str = "auto"
    hop: int | None = None
    exact: bool = False
    scheduler: str | None = None
    figures: str | None = "png"
    panels: bool = False
    only_events: bool = False
