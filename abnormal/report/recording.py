"""Writes the panels of a video while it is scored."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from abnormal.inference.videos import ModelFrames
from abnormal.replacing import replacing_folder
from abnormal.report.panels import draw_panels, write_picture
from abnormal.scoring.localisation import LocalisedFrames, Sink
from abnormal.video.encode import open_timed_encoder

ChooseFrames = Callable[[int, LocalisedFrames], np.ndarray]
"""Tells which of some frames are drawn, `(n,)` bool, given also the number of the first one."""


@contextlib.contextmanager
def record_panels(
    path: Path, opened: ModelFrames, choose: ChooseFrames, pictures: bool
) -> Iterator[Sink]:
    """Opens a sink that draws the four panels of frames, in the shape of the source.

    If an error ends the context, nothing is written.

    Args:
        path: The video of the panels to write, `.mp4`. Each panel is shown until the next one.
            Pictures go into a folder of the same name.
        opened: The video.
        choose: Chooses the frames that are drawn. The first and the last one always are.
        pictures: Whether the panels of each frame are also written as a picture, `000000.png` and
            so on.

    Yields:
        The sink that receives the frames.
    """
    with contextlib.ExitStack() as files:
        # The folder is entered first, so it is put in place last: only after the video is complete.
        folder = files.enter_context(replacing_folder(path.with_suffix(""))) if pictures else None
        write = files.enter_context(open_timed_encoder(path))
        count, last = 0, None

        def draw(number: int, frame: LocalisedFrames) -> None:
            aspect = opened.shape[1] / opened.shape[0] if opened.shape else None
            for picture in draw_panels(frame, aspect):
                write(picture, number / opened.fps)
                if folder:
                    write_picture(folder / f"{number:06d}.png", picture)

        def take(frames: LocalisedFrames) -> None:
            nonlocal count, last
            for number, chosen in enumerate(choose(count, frames)):
                last = None if chosen or not count + number else frames.only(number)
                if last is None:
                    draw(count + number, frames.only(number))
            count += len(frames.frames)

        yield take
        if last is not None:
            draw(count - 1, last)
