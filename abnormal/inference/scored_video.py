"""A video with the scores of its frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from abnormal.frames.gaps import Gap, stretches, times_sec
from abnormal.inference.tracking import UnusualThing
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.events import Event
from abnormal.scoring.local import LOCAL_SCORES, found_by
from abnormal.scoring.regularity import regularity, without_saw_tooth
from abnormal.scoring.residual import ERRORS
from abnormal.scoring.sentence import local_sentence, score_sentence
from abnormal.scoring.standing import NO_VOTE, elected


@dataclass(frozen=True)
class ScoredVideo:
    """A video with the scores that a model gave to its frames.

    Attributes:
        name: Name of the video.
        fps: Frames per second.
        raw: For each score's name, its values before smoothing, `(n,)` float64, at least 0.
        causal: For each score's name, its values as alarms use them, `(n,)` float64, at least 0:
            smoothed causally and, for local scores, as surprises.
        labels: `(n,)` uint8, 1 for abnormal frames and 0 for normal ones; None if not known.
        situation: Kind of the abnormal event in the video; empty if not known.
        camera: Name of the camera that filmed it; empty if not known.
        boxes: Box around the first thing in each frame or, where nothing is unusual, around the
            most unusual place, `(n, 4)` float64 in [0, 1]: left, top, width and height, as
            fractions of the picture; None if there are no local scores.
        things: The unusual things in each frame, the one from which its score comes first; an empty
            tuple if there are no local scores.
        gaps: The gaps between its frames, in the order of time.
        sources: 0-based number of the local score that `fused` comes from in each frame, in the
            order of `LOCAL_SCORES`, `(n,)` int64; empty if there are no local scores.
        carriers: The cells that raise the score of each frame, none where nothing is unusual, `(n,
            rows, ceil(rows / 8))` uint8, from `abnormal.scoring.cells.pack_cells`; None if there
            are no local scores.
        clip_length: Number of frames in a clip of the model.
        measured: For each local score's name, what people are told of it, `(n,)` float64; see
            `abnormal.inference.stream.ScoredFrames`.
        standing: Votes on what it is that stays too long, `(n, 4)` float64; see there.
    """

    name: str
    fps: float
    raw: dict[str, np.ndarray]
    causal: dict[str, np.ndarray]
    labels: np.ndarray | None = None
    situation: str = ""
    camera: str = ""
    boxes: np.ndarray | None = None
    things: tuple[Sequence[UnusualThing], ...] = ()
    gaps: tuple[Gap, ...] = ()
    sources: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    carriers: np.ndarray | None = None
    clip_length: int = 1
    measured: dict[str, np.ndarray] = field(default_factory=dict)
    standing: np.ndarray = field(default_factory=lambda: np.zeros((0, len(NO_VOTE))))

    def regularity(self, score: str = "l2") -> np.ndarray:
        """Computes the regularity of each frame, for which the whole video is needed.

        The errors are averaged over the length of a clip; see `without_saw_tooth`.

        Args:
            score: Name of the score that raises alarms. The regularity is computed from this score
                if it is a reconstruction error, `l1` or `l2`, and from `l2` otherwise.

        Returns:
            `(n,)` float64 in [0, 1].
        """
        return regularity(without_saw_tooth(self.raw[error_of(score)], self.clip_length))

    def regularity_by_frame(self, error: str = "l2") -> np.ndarray:
        """Computes the regularity as papers do, from the error of each frame by itself.

        Args:
            error: Name of the reconstruction error, `l1` or `l2`.

        Returns:
            `(n,)` float64 in [0, 1].
        """
        return regularity(self.raw[error])

    def alarms(self, alarm: Alarm) -> np.ndarray:
        """Tells which frames are alarms, `(n,)` bool, by the threshold of the video's camera."""
        return alarm.for_camera(self.camera).frames(self.causal[alarm.score])

    def events(self, alarm: Alarm) -> list[Event]:
        """Finds the events of an alarm, in the order of time. None of them spans a gap."""
        scores, alarm = self.causal[alarm.score], alarm.for_camera(self.camera)
        return [
            event.later(start)
            for start, stop in stretches(len(scores), self.gaps)
            for event in alarm.events(scores[start:stop], self.fps)
        ]

    def found_by(self, score: str, frame: int) -> str:
        """Returns the local score by which a frame is unusual; empty if the score is not local."""
        if not len(self.sources):
            return ""
        return found_by(score, self.causal, int(self.sources[frame]))

    def what_stays(self, event: Event) -> str:
        """Returns which of `abnormal.scoring.standing.KINDS` stays in an event; empty if none."""
        return elected(self.standing[event.start : event.stop])

    def reason(self, score: str, frame: int, standing: str = "") -> str:
        """Says in a sentence what is unusual in one frame; empty if the score is not local.

        Args:
            score: Name of the score that raises alarms.
            frame: 0-based number of the frame.
            standing: What `what_stays` says of the event to which the frame belongs.
        """
        name = self.found_by(score, frame)
        measured = self.measured.get(name)
        measure = None if measured is None else float(measured[frame])
        return local_sentence(name, measure, None, standing) if name else ""

    def sentence(self, score: str, event: Event) -> str:
        """Says in a sentence for people what is unusual in an event of a score."""
        name = self.found_by(score, event.peak)
        if not name:
            return score_sentence(event.peak_score)
        measured, measure = self.measured.get(name), None
        if measured is not None:
            frames = [event.peak]
            if LOCAL_SCORES[name].of_duration:  # it goes on after the peak
                inside = range(event.start, event.stop)
                frames = [frame for frame in inside if self.found_by(score, frame) == name]
            measure = float(measured[frames].max())
        box = None if self.boxes is None else self.boxes[event.peak].tolist()
        return local_sentence(name, measure, box, self.what_stays(event))

    def times_sec(self, frames: np.ndarray) -> np.ndarray:
        """Returns when frames are shown, `(n,)` float64, in seconds since the first frame.

        Args:
            frames: `(n,)` 0-based numbers of frames.
        """
        return times_sec(frames, self.fps, self.gaps)


def error_of(score: str) -> str:
    """Returns the name of the reconstruction error that is shown beside a score.

    It is the score itself if that is a reconstruction error, and `l2` otherwise.
    """
    return score if score in ERRORS else "l2"
