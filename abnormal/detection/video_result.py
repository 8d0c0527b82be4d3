"""What comes of a video: the output of each model, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass

from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.inference.scored_video import ScoredVideo


@dataclass(frozen=True)
class ModelOutput:
    """The output of one model for a video.

    Attributes:
        video: The video with its scores.
        pixels: The pixels for the pixel-level metrics; empty if they are not wanted.
        runtime: Name of the runtime that computed the model.
    """

    video: ScoredVideo
    pixels: VideoPixels
    runtime: str


@dataclass(frozen=True)
class VideoResult:
    """The result of a video, in a form that can be sent to another machine.

    Attributes:
        outputs: The output of each model, by the name of the model.
        notes: What was wrong with the video.
        figure_error: Why plots, pictures and videos are not complete; None if they are.
    """

    outputs: Mapping[str, ModelOutput]
    notes: tuple[str, ...]
    figure_error: Exception | None


@dataclass(frozen=True)
class LeftOut:
    """A video that could not be scored.

    Attributes:
        problem: Why it could not be scored, in full sentences.
        details: The traceback if nobody expected the problem; otherwise empty.
    """

    problem: str
    details: str = ""
