import struct
import sys

import av
import numpy as np
import pytest

from abnormal.video.decode import count_frames, limit_threads, open_video
from abnormal.video.grey import to_grey, to_rgb

FORMATS = ["gray", "nv12", "nv21", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv444p"]
FORMATS += ["yuvj420p", "yuvj422p", "yuvj444p", "yuva420p", "rgb24", "bgra", "pal8", "yuyv422"]
FORMATS += ["gray16le", "yuv420p10le", "yuv444p12le", "gbrp"]


def noise(kind, width=320, height=36):
    picture = av.VideoFrame(width, height, kind)
    draw = np.random.default_rng(0)
    for plane in picture.planes:
        values = draw.integers(
            0, 4 if "1" in kind[-4:] and "le" in kind else 256, plane.buffer_size
        )
        plane.update(values.astype(np.uint8).tobytes())
    return picture


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("colour_range", [0, 1, 2])
@pytest.mark.parametrize("width", [320, 333])
def test_the_short_way_gives_the_same_bits_as_the_whole_conversion(kind, colour_range, width):
    picture = noise(kind, width)
    picture.color_range = colour_range
    grey = to_grey(picture)
    assert (grey.shape, grey.dtype) == ((36, width), np.uint8)
    np.testing.assert_array_equal(grey, picture.to_ndarray(format="gray"))


TURNS = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),  # as a telephone that is held upright writes it
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}


def turned_video(make_video, path, degrees):
    """A white upper left corner, and a display matrix in the track's header."""
    picture = np.zeros((32, 48), np.uint8)
    picture[:12, :16] = 255
    content = bytearray(make_video(path, codec="libx264", pictures=[picture] * 3).read_bytes())
    matrix = content.index(b"tkhd") - 4 + 48
    a, b, c, d = (value << 16 for value in TURNS[degrees])
    content[matrix : matrix + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


MIRRORED = {
    "left and right": ((-1, 0, 0, 1), (0, -1)),
    "top and bottom": ((1, 0, 0, -1), (-1, 0)),
    "along the diagonal": ((0, 1, 1, 0), (0, 0)),
    "along the other diagonal": ((0, -1, -1, 0), (-1, -1)),
}


@pytest.mark.parametrize("kind", MIRRORED)
def test_a_mirrored_video_is_shown_as_a_player_shows_it(tmp_path, make_video, monkeypatch, kind):
    matrix, corner = MIRRORED[kind]
    monkeypatch.setitem(TURNS, 0, matrix)
    with open_video(turned_video(make_video, tmp_path / "v.mp4", 0)) as stream:
        image = next(stream.frames).image
    assert image.shape == ((48, 32) if matrix[0] == 0 else (32, 48))
    bright = [c for c in ((0, 0), (0, -1), (-1, 0), (-1, -1)) if image[c] > 128]
    assert bright == [corner]


@pytest.mark.parametrize(
    ("degrees", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))]
)
def test_a_video_stands_upright_as_its_camera_was_held(tmp_path, make_video, degrees, corner):
    with open_video(turned_video(make_video, tmp_path / "v.mp4", degrees)) as stream:
        frames = list(stream.frames)
    for frame in frames:
        assert frame.image.shape == ((48, 32) if degrees % 180 else (32, 48))
        bright = {c: frame.image[c] > 128 for c in ((0, 0), (0, -1), (-1, 0), (-1, -1))}
        assert [place for place, is_bright in bright.items() if is_bright] == [corner]


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "a.mkv"])
def test_frames_are_counted_without_decoding_them(tmp_path, make_video, name):
    assert count_frames(make_video(tmp_path / name, frames=37)) == 37


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_frames_do_not_depend_on_the_threads(tmp_path, make_video, number_of, threads):
    path = make_video(tmp_path / "a.mp4", frames=60, codec="libx264")
    try:
        limit_threads(threads)
        with open_video(path) as stream:
            assert [number_of(frame.image) for frame in stream.frames] == list(range(60))
    finally:
        limit_threads(1)


def test_colours_are_turned_too(tmp_path, make_video):
    path = turned_video(make_video, tmp_path / "turned.mp4", 90)
    with open_video(path) as stream:
        frame = next(iter(stream.frames))
        colours = frame.get_rgb()
    assert (colours.shape, colours.dtype) == ((48, 32, 3), np.uint8)
    assert np.abs(colours.mean(-1) - frame.image).max() < 8


def test_red_is_first():
    picture = av.VideoFrame.from_ndarray(np.full((4, 4, 3), (200, 100, 50), np.uint8), "rgb24")
    assert (to_rgb(picture) == (200, 100, 50)).all()


def test_a_picture_is_freed_as_soon_as_nobody_needs_it(tmp_path, make_video):
    with av.open(str(turned_video(make_video, tmp_path / "v.mp4", 90))) as container:
        picture = next(container.decode(video=0))
    before = sys.getrefcount(picture)
    assert to_grey(picture).shape == (48, 32)
    assert sys.getrefcount(picture) == before
