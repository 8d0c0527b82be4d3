"""Writes the panels of a video while it is scored."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from abnormal.files import replacing_folder
from abnormal.report.panels import draw_panels, write_picture
from abnormal.scoring.localisation import LocalisedFrames, Sink
from abnormal.video.encode import open_encoder


@contextlib.contextmanager
def record_panels(path: Path, fps: float, pictures: bool) -> Iterator[Sink]:
    """Opens a sink that draws the four panels of every frame.

    If an error ends the context, nothing is written.

    Args:
        path: The video of the panels to write, `.mp4`. Pictures go into a folder of the same name.
        fps: Frames per second.
        pictures: Whether the panels of each frame are also written as a picture, `000000.png` and
            so on.

    Yields:
        The sink that receives the frames.
    """
    with contextlib.ExitStack() as files:
        # The folder is entered first, so it is put in place last: only after the video is complete.
        folder = files.enter_context(replacing_folder(path.with_suffix(""))) if pictures else None
        write = files.enter_context(open_encoder(path, fps))
        count = 0

        def take(frames: LocalisedFrames) -> None:
            nonlocal count
            for picture in draw_panels(frames):
                write(picture)
                if folder:
                    write_picture(folder / f"{count:06d}.png", picture)
                count += 1

        yield take
