"""Draws what raised the alarm into a video, with the curve of its score below it."""

import itertools
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import matplotlib.axes
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from abnormal.errors import AbnormalError
from abnormal.inference.scored_video import ScoredVideo
from abnormal.report.figure import Look
from abnormal.report.time_axis import draw_curve, label_time, mark_gaps
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.cells import unpack_cells
from abnormal.scoring.events import intervals
from abnormal.video.draw import INK, PAPER, RED, grey_to_rgb, mark, write_text
from abnormal.video.encode import open_timed_encoder

LONGER_SIDE_PX = (480, 1280)
"""Smallest and largest length of a picture's longer side, in pixels. Other pictures are resized."""

NARROWEST_PX = 240
"""Smallest width of the video, in pixels. Narrower pictures get an empty margin."""

STRIP_PX = 130
"""Height of the strip with the curve, in pixels."""

TEXT_PX = 14
"""Height of the text, in pixels."""

LETTER_PX = 6.6
"""Width of a letter of the text on average, in pixels."""

FRAME_PX = 4
"""Thickness of the red frame around a picture with an alarm, in pixels."""

BOX_PX = 2
"""Thickness of the box around the place, in pixels."""

STRENGTH = 0.45
"""Opacity of the red over the cells, in [0, 1]."""

WARNING = (255, 140, 140)
"""Colour of the text of an alarm, and of the bars of alarms."""

CURVE = Look("#56B4E9", "-", "o")
"""Look of the curve, on dark paper."""

DARK: dict[Any, Any] = {
    "figure.facecolor": "#{:02x}{:02x}{:02x}".format(*PAPER),
    "axes.facecolor": "#{:02x}{:02x}{:02x}".format(*PAPER),
    "text.color": "#d0d0d4",
    "axes.labelcolor": "#d0d0d4",
    "axes.edgecolor": "#707078",
    "xtick.color": "#d0d0d4",
    "ytick.color": "#d0d0d4",
}
"""Settings of matplotlib for dark paper."""

TRUE_COLOUR = "#5A3A30"
"""Colour of intervals that are truly abnormal, on dark paper."""


@dataclass(frozen=True)
class Annotation:
    """What is drawn into a video.

    Attributes:
        video: The video with its scores.
        alarm: The alarm of the model.
        boxes: The box around the most unusual place in each frame, `(n, 4)` float64 in [0, 1].
        shown: Which frames the video has, `(n,)` bool. Each is shown until the next one.
    """

    video: ScoredVideo
    alarm: Alarm
    boxes: np.ndarray
    shown: np.ndarray

    @property
    def camera_alarm(self) -> Alarm:
        """The alarm for the video's camera."""
        return self.alarm.for_camera(self.video.camera)


def write_annotated(path: Path, pictures: Iterator[np.ndarray], annotation: Annotation) -> None:
    """Writes a video in which the place that raises the score is red, with the curve of the score.

    Args:
        path: The video to write, `.mp4`.
        pictures: The frames that were scored, in their own size and colours, `(height, width)` or
            `(height, width, 3)` uint8 each, red first.
        annotation: What is drawn into it.

    Raises:
        AbnormalError: The video cannot be written, or not all frames can be read again.
    """
    video, shown = annotation.video, annotation.shown
    sheet: _Sheet | None = None
    count = 0
    with open_timed_encoder(path) as write:
        for number, picture in enumerate(itertools.islice(pictures, len(shown))):
            sheet = sheet or _Sheet(annotation, _display_size(picture))
            if shown[number]:
                write(sheet.draw(number, picture), number / video.fps)
            count += 1
        if count < len(shown):
            raise AbnormalError(
                f"{path} is not written: of {len(shown)} frames that were scored, {count} can be "
                "read again. Has the source changed?"
            )


class _Sheet:
    """Draws the frames of one video, all of the same size.

    Args:
        annotation: What is drawn into the video.
        size: Height and width at which the frames are shown, in pixels.
    """

    def __init__(self, annotation: Annotation, size: tuple[int, int]) -> None:
        video, alarm = annotation.video, annotation.camera_alarm
        self._annotation, self._size = annotation, size
        self._scores, self._alarms = video.causal[alarm.score], video.alarms(alarm)
        # An event may go on for a while in which nothing is unusual any more.
        self._unusual = self._alarms.copy()
        self._standing = [""] * len(self._scores)
        for event in video.events(alarm):
            inside = slice(event.start, event.stop)
            self._unusual[inside] |= self._scores[inside] > alarm.release
            self._standing[inside] = [video.what_stays(event)] * (event.stop - event.start)
        self._times_sec = video.times_sec(np.arange(len(self._scores)))
        self._strip = Strip(max(size[1], NARROWEST_PX), video, alarm)

    def draw(self, number: int, picture: np.ndarray) -> np.ndarray:
        """Draws a frame, `(height, width, 3)` uint8, red first."""
        shown = _in_colours(picture, self._size)
        if self._unusual[number]:
            shown = self._with_place(shown, number)
        if self._alarms[number]:
            height, width = self._size
            cv2.rectangle(shown, (0, 0), (width - 1, height - 1), RED, 2 * FRAME_PX - 1)
        shown = _wide_enough(shown)
        alarm = self._annotation.camera_alarm
        text = f"{self._times_sec[number]:.1f} s   {alarm.score} score {self._scores[number]:.3g}"
        write_text(shown, f"{text}, alarm above {alarm.threshold:.3g}", 6, 6, TEXT_PX)
        if self._unusual[number]:
            what_stays = self._standing[number]
            reason = self._annotation.video.reason(alarm.score, number, what_stays)
            words = ["ALARM" if self._alarms[number] else "event", reason]
            letters = max(1, int((shown.shape[1] - 12) / LETTER_PX))
            lines = textwrap.wrap(": ".join(filter(None, words)), letters)
            for row, line in enumerate(lines, start=1):
                write_text(shown, line, 6, 6 + row * (TEXT_PX + 6), TEXT_PX, WARNING)
        return np.concatenate((shown, self._strip.at(number / self._annotation.video.fps)))

    def _with_place(self, shown: np.ndarray, number: int) -> np.ndarray:
        """Returns a picture with red cells, where they are known, and the box of the place."""
        height, width = self._size
        video = self._annotation.video
        if video.carriers is not None and self._annotation.alarm.is_local:
            cells = unpack_cells(video.carriers[number]).astype(np.uint8)
            pixels = cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST)
            shown = mark(shown, pixels.astype(bool), STRENGTH)
        left, top, across, down = self._annotation.boxes[number]
        corner = round(left * width), round(top * height)
        opposite = round((left + across) * width) - 1, round((top + down) * height) - 1
        cv2.rectangle(shown, corner, opposite, RED, BOX_PX)
        return shown


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


class Strip:
    """The strip with the curve of the score, drawn once, and a line that moves over it.

    It is dark, as the edges of the panels are, because the page around it may be dark or light.

    Args:
        width: Width of the strip, in pixels.
        video: The video.
        alarm: The alarm of the model.
    """

    def __init__(self, width: int, video: ScoredVideo, alarm: Alarm) -> None:
        scores, fps = video.causal[alarm.score], video.fps
        with matplotlib.rc_context(DARK):
            figure = Figure(figsize=(width / 100, STRIP_PX / 100), dpi=100, layout="constrained")
            axes = figure.subplots()
            draw_curve(axes, scores, fps, CURVE)
            threshold = alarm.for_camera(video.camera).threshold
            axes.axhline(threshold, color=DARK["text.color"], ls=(0, (6, 3)), lw=0.8)
            _mark(axes, video.labels == 1 if video.labels is not None else None, fps, 1.0)
            _mark(axes, video.alarms(alarm), fps, 0.06)
            axes.set(ylim=(0, None), xlim=(0, len(scores) / fps))
            axes.set_ylabel(f"{alarm.score} score", fontsize=8)
            label_time(axes, len(scores), fps, video.gaps, 8)
            mark_gaps(axes, fps, video.gaps)
            axes.tick_params(labelsize=7)
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
        self._picture = np.asarray(canvas.buffer_rgba())[..., :3].copy()
        (self._left, bottom), (right, top) = axes.transAxes.transform([(0, 0), (1, 1)])
        self._px_per_sec = (right - self._left) * fps / len(scores)
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
        shown[self._rows, max(0, x - 1) : x + 1] = INK
        return shown


def _mark(axes: matplotlib.axes.Axes, flags: np.ndarray | None, fps: float, top: float) -> None:
    """Marks intervals of frames, `(n,)` bool: true ones in full height, alarms at the bottom."""
    colour = TRUE_COLOUR if top == 1 else tuple(part / 255 for part in WARNING)
    for start, stop in () if flags is None else intervals(flags):
        axes.axvspan(start / fps, stop / fps, 0, top, color=colour, lw=0, zorder=top < 1)
