"""Draws the anomalous pixels and the alarms into a video, with the regularity curve below it."""

import itertools
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from abnormal.errors import AbnormalError
from abnormal.inference.scored_video import ScoredVideo
from abnormal.report.figure import ABNORMAL_COLOUR, ALARM_COLOUR, COLOURS
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.events import intervals
from abnormal.scoring.localisation import LocalisedFrames
from abnormal.video.draw import PAPER, RED, grey_to_rgb, mark, write_text
from abnormal.video.encode import open_encoder

LONGER_SIDE_PX = (480, 1280)
"""Smallest and largest length of a picture's longer side, in pixels. Other pictures are resized."""

NARROWEST_PX = 240
"""Smallest width of the video, in pixels. Narrower pictures get an empty margin."""

STRIP_PX = 130
"""Height of the strip with the curve, in pixels."""

TEXT_PX = 14
"""Height of the text, in pixels."""

FRAME_PX = 4
"""Thickness of the red frame around a picture with an alarm, in pixels."""

STRENGTH = 0.55
"""Opacity of the red over anomalous pixels, in [0, 1]."""


class AnomalousPixels:
    """The anomalous pixels of a video, compressed while it is scored."""

    def __init__(self) -> None:
        self._shape = (0, 0)
        self._packed: list[bytes] = []

    def add(self, frames: LocalisedFrames) -> None:
        """Adds the anomalous pixels of the next frames."""
        self._shape = frames.anomalous.shape[1:]
        self._packed += [
            zlib.compress(np.packbits(flags).tobytes(), 1) for flags in frames.anomalous
        ]

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, number: int) -> np.ndarray:
        """Returns the anomalous pixels of a frame, `(height, width)` bool at the model's size."""
        packed = np.frombuffer(zlib.decompress(self._packed[number]), np.uint8)
        count = self._shape[0] * self._shape[1]
        return np.unpackbits(packed, count=count).reshape(self._shape).astype(bool)


def write_annotated(
    path: Path,
    pictures: Iterator[np.ndarray],
    video: ScoredVideo,
    alarm: Alarm,
    anomalous: AnomalousPixels,
) -> None:
    """Writes a video with its anomalous pixels, its alarms and its regularity curve.

    Args:
        path: The video to write, `.mp4`.
        pictures: The frames that were scored, in their own size and colours, `(height, width)` or
            `(height, width, 3)` uint8 each, red first.
        video: The video with its scores.
        alarm: The alarm of the model.
        anomalous: The anomalous pixels of each frame.

    Raises:
        AbnormalError: The video cannot be written, or not all frames can be read again.
    """
    regularity = video.regularity(alarm.score)
    alarms = video.alarms(alarm)
    times_sec = video.times_sec(np.arange(len(regularity)))
    strip: Strip | None = None
    size: tuple[int, int] | None = None
    count = 0
    with open_encoder(path, video.fps) as write:
        for number, picture in enumerate(itertools.islice(pictures, len(regularity))):
            size = size or _display_size(picture)
            shown = _marked(_in_colours(picture, size), anomalous[number], alarms[number])
            shown = _wide_enough(shown)
            seconds = number / video.fps
            text = f"{times_sec[number]:6.1f} s   regularity {regularity[number]:.2f}"
            write_text(shown, text, 6, 6, TEXT_PX)
            if alarms[number]:
                write_text(shown, "ALARM", 6, 12 + TEXT_PX, TEXT_PX, (255, 120, 120))
            strip = strip or Strip(shown.shape[1], regularity, alarms, video)
            write(np.concatenate((shown, strip.at(seconds))))
            count += 1
        if count < len(regularity):
            raise AbnormalError(
                f"{path} is not written: of {len(regularity)} frames that were scored, {count} can "
                "be read again. Has the source changed?"
            )


def _display_size(picture: np.ndarray) -> tuple[int, int]:
    """Returns the height and width at which a picture is shown, both even."""
    height, width = picture.shape[:2]
    longer = max(height, width)
    times = float(np.clip(longer, *LONGER_SIDE_PX)) / longer
    return max(2, round(height * times / 2) * 2), max(2, round(width * times / 2) * 2)


def _in_colours(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns a picture in colours and resized, `(height, width, 3)` uint8."""
    if picture.ndim == 2:
        picture = grey_to_rgb(picture)
    height, width = size
    method = cv2.INTER_AREA if height < picture.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(picture, (width, height), interpolation=method)


def _wide_enough(picture: np.ndarray) -> np.ndarray:
    """Adds an empty margin to the right of a narrow picture, to make room for the curve below."""
    margin = max(0, NARROWEST_PX - picture.shape[1])
    return cv2.copyMakeBorder(picture, 0, 0, 0, margin, cv2.BORDER_CONSTANT, value=PAPER)


def _marked(picture: np.ndarray, anomalous: np.ndarray, alarm: bool) -> np.ndarray:
    """Returns a picture with red anomalous pixels and, if there is an alarm, a red frame."""
    height, width = picture.shape[:2]
    pixels = cv2.resize(
        anomalous.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
    )
    shown = mark(picture, pixels.astype(bool), STRENGTH)
    if alarm:
        cv2.rectangle(shown, (0, 0), (width - 1, height - 1), RED, 2 * FRAME_PX - 1)
    return shown


class Strip:
    """The strip with the regularity curve, which is drawn once, and a line that moves over it.

    Args:
        width: Width of the strip, in pixels.
        regularity: `(n,)` float64 in [0, 1], one per frame.
        alarms: `(n,)` bool, True for each frame that is an alarm.
        video: The video, for its labels and its frames per second.
    """

    def __init__(
        self, width: int, regularity: np.ndarray, alarms: np.ndarray, video: ScoredVideo
    ) -> None:
        figure = Figure(figsize=(width / 100, STRIP_PX / 100), dpi=100, layout="constrained")
        axes = figure.subplots()
        seconds = np.arange(len(regularity)) / video.fps
        axes.plot(seconds, regularity, color=COLOURS[0], lw=1.2)
        for flags, colour in ((video.labels, ABNORMAL_COLOUR), (alarms, ALARM_COLOUR)):
            for start, stop in () if flags is None else intervals(flags == 1):
                top = 1.0 if colour == ABNORMAL_COLOUR else 0.05
                axes.axvspan(start / video.fps, stop / video.fps, 0, top, color=colour, lw=0)
        axes.set(ylim=(0, 1.05), xlim=(0, max(seconds[-1], 1 / video.fps)), yticks=(0, 0.5, 1))
        axes.set_ylabel("regularity", fontsize=8)
        axes.set_xlabel("time (s)", fontsize=8)
        axes.tick_params(labelsize=7)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        self._picture = np.asarray(canvas.buffer_rgba())[..., :3].copy()
        (self._left, bottom), (right, top) = axes.transData.transform([(0, 0), (1, 1.05)])
        self._px_per_sec = right - self._left
        self._rows = slice(STRIP_PX - round(top), STRIP_PX - round(bottom))

    def at(self, seconds: float) -> np.ndarray:
        """Returns the strip with the line at a time.

        Args:
            seconds: Time since the start of the video.

        Returns:
            `(STRIP_PX, width, 3)` uint8, red first.
        """
        shown = self._picture.copy()
        x = round(self._left + seconds * self._px_per_sec)
        shown[self._rows, max(0, x - 1) : x + 1] = (60, 60, 60)
        return shown
