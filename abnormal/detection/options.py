"""What a run over test videos is asked to do."""

from dataclasses import dataclass
from pathlib import Path

from abnormal.scoring.localisation import DEFAULT_LOCALISER, Localiser


@dataclass(frozen=True)
class DetectionOptions:
    """Options of a run over test videos.

    Attributes:
        models: Model files; several are compared.
        img: The folder of frames, unless there is a source.
        source: A video, or a folder of videos, in place of `img`; None for `img`.
        camera: Which camera of the models filmed the videos; empty for what the videos say.
        output: The folder of results.
        score: Name of the score that raises alarms.
        threshold: An alarm is above this score; None for what the normal footage says.
        false_alarms_per_hour: How many false alarms an hour there may be; None for one normal frame
            in a hundred.
        zone: A picture that is white where nothing counts; None where everything does.
        localiser: How anomalous pixels are found.
        runtime: Name of what computes the networks, or `"auto"`.
        hop: Frames from the beginning of a clip to that of the next; None for a clip's length.
        scheduler: Address of the Dask scheduler whose workers do the work; None for this process.
        figures: Ending of the plots, `"png"` or `"svg"`; None where no figure is wanted.
        panels: Whether the four panels of each frame are written as pictures, too.
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
