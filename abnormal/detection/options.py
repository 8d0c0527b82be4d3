"""The options of a run over test videos."""

from dataclasses import dataclass
from pathlib import Path

from abnormal.scoring.localisation import DEFAULT_LOCALISER, Localiser


@dataclass(frozen=True)
class DetectionOptions:
    """Options of a run over test videos.

    Attributes:
        models: Model files. Several models are compared.
        img: The folder of frames, which is used if there is no source.
        source: A video, or a folder of videos; None to use `img`.
        camera: Name by which the models know the camera that filmed the videos; empty to use the
            camera of each video.
        output: The folder of results.
        score: Name of the score that raises alarms.
        threshold: Score above which there is an alarm; None to take it from the calibration.
        false_alarms_per_hour: Number of false alarms per hour to expect at most; None for a
            threshold that one normal frame in a hundred reaches.
        zone: A picture that is white where nothing counts; None if everything counts.
        localiser: Finds the anomalous pixels.
        runtime: Name of the runtime that computes the networks, or `"auto"`.
        hop: Frames from the start of one clip to the start of the next; None for a clip's length.
        scheduler: Address of the Dask scheduler whose workers score the videos; None to score them
            in this process.
        figures: File ending of the plots, `"png"` or `"svg"`; None if no plots, pictures and videos
            are wanted.
        panels: Whether the four panels of each frame are also written as a picture.
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
    scheduler: str | None = None
    figures: str | None = "png"
    panels: bool = False
