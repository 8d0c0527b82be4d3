import struct

import numpy as np
import PIL.Image
import pytest

from abnormal.errors import AbnormalError
from abnormal.video.picture import read_picture
from abnormal.video.pictures import list_pictures, open_pictures

GREY = np.array([[0, 50, 100], [150, 200, 255]], np.uint8)


def saved(path, array, mode=None, **options):
    picture = PIL.Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "array", "mode"),
    [
        ("p.png", GREY, None),
        ("p.tif", GREY, None),
        ("p.TIFF", GREY, None),
        ("p.bmp", GREY, None),
        ("p.pgm", GREY, None),
        ("p.png", GREY, "P"),
        ("p.png", GREY, "LA"),
        ("p.png", GREY, "RGB"),
        ("p.png", GREY, "RGBA"),
        ("p.webp", GREY, "RGB"),
        ("p.tif", GREY.astype(np.uint16) * 257, None),
        ("p.png", GREY.astype(np.uint16) * 257, None),
    ],
)
def test_a_picture_of_any_kind_is_read_as_grey(tmp_path, name, array, mode):
    options = {"lossless": True} if name.endswith("webp") else {}
    read = read_picture(saved(tmp_path / name, array, mode, **options))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, GREY)


def test_a_jpg_is_read_as_grey(tmp_path):
    picture = np.full((16, 24, 3), (255, 0, 0), np.uint8)
    np.testing.assert_allclose(read_picture(saved(tmp_path / "p.jpg", picture)), 76, atol=1)
    assert read_picture(tmp_path / "p.jpg").shape == (16, 24)


def test_black_and_white_is_0_and_255(tmp_path):
    path = saved(tmp_path / "mask.png", np.array([[False, True]]))
    assert read_picture(path).tolist() == [[0, 255]]


def test_a_picture_stands_upright_as_its_camera_was_held(tmp_path):
    turned = PIL.Image.Exif()
    turned[0x0112] = 6  # a quarter turn, clockwise
    path = saved(tmp_path / "p.png", GREY, exif=turned)
    np.testing.assert_array_equal(read_picture(path), np.rot90(GREY, -1))


def truncated(path):
    saved(path, np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8))
    path.write_bytes(path.read_bytes()[:2000])


def enormous(path):
    header = struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 8, 0, 0, 1, 1, 0, 0)
    path.write_bytes(b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + header + bytes(1000))


@pytest.mark.parametrize("name", ["p.jpg", "p.png", "p.tif", "p.bmp"])
@pytest.mark.parametrize(
    "spoil",
    [
        truncated,
        enormous,
        lambda path: path.write_text("hello"),
        lambda path: path.write_bytes(b""),
    ],
    ids=["truncated", "enormous", "text", "empty"],
)
def test_what_is_no_picture(tmp_path, name, spoil):
    spoil(tmp_path / name)
    with pytest.raises(AbnormalError, match=rf"{name} is not a picture that can be read"):
        read_picture(tmp_path / name)


def test_a_missing_picture(tmp_path):
    with pytest.raises(AbnormalError, match=r"There is no file .*gone\.png"):
        read_picture(tmp_path / "gone.png")


def test_listing_is_natural_and_leaves_junk_out(tmp_path, make_pictures):
    make_pictures(tmp_path, frames=11, names="frame{}.png")
    for junk in (".DS_Store", "._frame1.png", "Thumbs.db", "notes.txt", "UCSDped2.m~"):
        (tmp_path / junk).write_text("junk")
    assert [path.name for path in list_pictures(tmp_path)] == [f"frame{n}.png" for n in range(11)]


@pytest.mark.parametrize(("fps", "seconds"), [(10.0, 0.1), (None, 0.04)])
def test_a_folder_is_a_video(tmp_path, make_pictures, number_of, fps, seconds):
    with open_pictures(make_pictures(tmp_path, names="frame{}.png"), fps) as stream:
        frames = list(stream.frames)
    assert [number_of(frame.image) for frame in frames] == list(range(12))
    assert [frame.number for frame in frames] == list(range(12))
    assert [frame.time_sec for frame in frames] == pytest.approx([k * seconds for k in range(12)])
    assert (stream.fps, stream.length, stream.notes) == (fps, 12, [])


def test_a_broken_picture_is_skipped_and_the_others_keep_their_numbers(
    tmp_path, make_pictures, number_of
):
    make_pictures(tmp_path)
    for number in (0, 5):
        (tmp_path / f"{number:03d}.png").write_text("broken")
    with open_pictures(tmp_path, 10.0) as stream:
        frames = list(stream.frames)
    kept = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert [number_of(frame.image) for frame in frames] == kept
    assert [frame.number for frame in frames] == kept
    assert [frame.time_sec for frame in frames] == pytest.approx([k / 10 for k in kept])
    assert stream.length == 12
    assert stream.notes == ["2 of 12 pictures cannot be read (000.png, 005.png)"]


def test_many_broken_pictures_are_not_all_named(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.png").write_text("broken")
    with open_pictures(tmp_path) as stream:
        assert list(stream.frames) == []
    assert stream.notes == ["5 of 5 pictures cannot be read (0.png, 1.png, 2.png, ...)"]


def test_a_folder_without_pictures(tmp_path):
    with (
        pytest.raises(AbnormalError, match=r"There is no picture in .*Expected: \.jpg"),
        open_pictures(tmp_path),
    ):
        pass


def test_the_frames_of_a_folder_come_in_colours_too(tmp_path):
    PIL.Image.new("RGB", (6, 4), (200, 100, 50)).save(tmp_path / "1.png")
    PIL.Image.fromarray(np.full((4, 6), 51 << 8, np.uint16)).save(tmp_path / "2.png")
    with open_pictures(tmp_path) as stream:
        first, second = (frame.get_rgb() for frame in stream.frames)
    assert first.shape == (4, 6, 3)
    assert (first == (200, 100, 50)).all()
    assert (second == 51).all()
