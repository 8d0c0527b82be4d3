"""Videos, pictures and playlists, and what their readers may make of them."""

import itertools
from pathlib import Path

import av
import numpy as np
import PIL.Image

from abnormal.video.camera import open_camera
from abnormal.video.decode import open_video
from abnormal.video.pages import has_pages, open_pages
from abnormal.video.pictures import read_picture
from abnormal.video.stream import FrameStream
from tests.fuzz.target import FRAMES


def picture(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 255, (32, 48), np.uint8)


def make_videos(folder: Path) -> list[Path]:
    paths = [folder / "a.mp4", folder / "b.mkv", folder / "c.avi"]
    for path in paths:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
            for number in range(FRAMES):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number), "gray")))
            container.mux(stream.encode())
    return paths


def read_video(path: Path) -> None:
    with open_video(path) as stream:
        look_at_frames(stream)


def look_at_frames(stream: FrameStream) -> None:
    for frame in itertools.islice(stream.frames, 1000):
        assert frame.image.ndim == 2
        assert frame.image.dtype == np.uint8
        assert np.isfinite(frame.time_sec)
    assert stream.fps is None or stream.fps > 0


def make_pages(folder: Path) -> list[Path]:
    paths = [folder / f"a.{suffix}" for suffix in ("tif", "gif", "webp", "png")]
    first, *others = (PIL.Image.fromarray(picture(number)) for number in range(FRAMES))
    for path in paths:
        first.save(path, save_all=True, append_images=others)
    return paths


def read_pages(path: Path) -> None:
    has_pages(path)  # it answers whatever is wrong with the file
    with open_pages(path) as stream:
        look_at_frames(stream)


def make_pictures(folder: Path) -> list[Path]:
    paths = [folder / f"a.{suffix}" for suffix in ("png", "jpg", "bmp", "tif")]
    for path in paths:
        PIL.Image.fromarray(picture(0)).save(path)
    return paths


def look_at_picture(path: Path) -> None:
    image = read_picture(path)
    assert image.ndim == 2
    assert image.dtype == np.uint8


def make_playlist(folder: Path) -> list[Path]:
    (segment, *_) = make_videos(folder)
    segment.rename(folder / "a.ts")
    path = folder / "list.m3u8"
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
    path.write_text(head + "#EXTINF:0.48,\na.ts\n" * 2 + "#EXT-X-ENDLIST\n")
    return [path]


def watch_playlist(path: Path) -> None:
    with open_camera(str(path), timeout_sec=1) as stream:
        for number, frame in enumerate(stream.frames):
            assert np.isfinite(frame.time_sec)
            if number > 100:
                break
