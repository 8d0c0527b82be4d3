"""What is drawn of a video while it is scored."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from abnormal.files import replacing_folder
from abnormal.report.panels import draw_panels, write_picture
from abnormal.scoring.localisation import LocalisedFrames, Sink
from abnormal.video.encode import open_encoder


@contextlib.contextmanager
def record_panels(path: Path, fps: float, pictures: bool) -> Iterator[Sink]:
    """Draws the four panels of every frame.

    Args:
        path: The video of them to write, `.mp4`. The pictures go into a folder of the same name.
        fps: Frames per second.
        pictures: Whether each is a picture, too: `000000.png` and so on.

    Yields:
        What takes the frames. Nothing is written if anything goes wrong.
    """
    with contextlib.ExitStack() as files:
        # What is entered first is put in place last: no pictures where the video came out wrong.
        folder = files.enter_context(replacing_folder(path.with_suffix(""))) if pictures else None
        write = files.enter_context(open_encoder(path, fps))
        count = 0

        def take(seen: LocalisedFrames) -> None:
            nonlocal count
            for picture in draw_panels(seen):
                write(picture)
                if folder:
                    write_picture(folder / f"{count:06d}.png", picture)
                count += 1

        yield take
