import cv2
import numpy as np
import PIL.Image
import pytest

from abnormal.errors import AbnormalError
from abnormal.video.depth import GreyScale, scale_of
from abnormal.video.flatness import note_if_flat
from abnormal.video.pages import open_pages
from abnormal.video.picture import read_mask, read_picture
from abnormal.video.pictures import list_frames, open_pictures
from abnormal.video.stream import Frame, FrameStream


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.array([0.0, 0.5, 1.0], np.float32), (0, 1)),
        (np.array([0.0, 200.0], np.float32), (0, 255)),
        (np.array([0, 250], np.int32), (0, 255)),
        (np.array([0, 1000], np.uint16), (0, 1023)),
        (np.array([16, 4080], np.uint16), (0, 4095)),
        (np.array([0, 16383], np.uint16), (0, 16383)),
        (np.array([0, 65535], np.uint16), (0, 65535)),
        (np.array([7100, 7410], np.uint16), (7040, 7424)),  # thermal
        (np.array([20.25, 36.5], np.float32), (20, 40)),  # degrees
        (np.array([-40, 60], np.int32), (-48, 64)),
        (np.array([0, 10**9], np.int32), (0, 2**30)),
        (np.array([np.nan, 0.0, 1.0, np.inf], np.float32), (0, 1)),
        (np.array([7, 7], np.uint16), (0, 255)),
        (np.array([np.nan], np.float32), (0, 65535)),
    ],
)
def test_the_scale_of_a_video_comes_from_its_type_and_its_footage(values, scale):
    assert scale_of([values]) == scale


def test_a_dead_pixel_does_not_hide_thermal_footage():
    picture = np.linspace(7100, 7400, 100 * 100).astype(np.uint16)
    picture[0] = 0
    assert scale_of([picture]).low > 7000


def test_what_is_outside_the_scale_is_black_or_white():
    values = np.array([-1, 0, 50, 100, 101, np.nan, np.inf])
    assert GreyScale(0, 100).to_uint8(values).tolist() == [0, 0, 128, 255, 255, 0, 255]


KINDS = {
    "float 0 to 1": lambda grey: (grey / 255).astype(np.float32),
    "integers of 32 bits": lambda grey: grey.astype(np.int32),
    "12 bits": lambda grey: grey.astype(np.uint16) * 16,
    "14 bits": lambda grey: grey.astype(np.uint16) * 64,
    "thermal": lambda grey: 7000 + grey.astype(np.uint16) * 2,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stack", [False, True])
def test_deep_pictures_are_visible_by_one_scale(tmp_path, picture_of, number_of, kind, stack):
    pages = [PIL.Image.fromarray(KINDS[kind](picture_of(number))) for number in range(12)]
    if stack:
        pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    else:
        for number, page in enumerate(pages):
            page.save(tmp_path / f"{number}.tif")
    opened = open_pages(tmp_path / "stack.tif") if stack else open_pictures(tmp_path)
    with opened as stream:
        frames = list(stream.frames)
    assert [number_of(frame.image) for frame in frames] == list(range(12))
    assert min(np.ptp(frame.image) for frame in frames[1:]) > 150
    assert len({frame.image.min() for frame in frames}) == 1
    assert "are scaled to 0 to 255" in stream.notes[0]
    assert (frames[5].get_rgb()[..., 1] == frames[5].image).all()


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_colours_of_16_bits_are_read_in_full_depth(tmp_path, picture_of, number_of, suffix):
    for number in range(4):
        deep = picture_of(number).astype(np.uint16) * 16
        cv2.imwrite(str(tmp_path / f"{number}.{suffix}"), np.dstack([deep] * 3))
    with open_pictures(tmp_path) as stream:
        frames = list(stream.frames)
    assert [number_of(frame.image) for frame in frames] == list(range(4))


def test_a_later_picture_does_not_change_the_scale(tmp_path):
    for number in range(64):
        values = np.array([[0, 1000 + (3000 if number == 1 else 0)]], np.uint16)
        PIL.Image.fromarray(values).save(tmp_path / f"{number}.png")
    with open_pictures(tmp_path) as stream:
        whites = [int(frame.image[0, 1]) for frame in stream.frames]
    assert (whites[0], whites[1], whites[2]) == (249, 255, 249)


@pytest.mark.parametrize(("levels", "flat"), [((0, 0), True), ((40, 55), True), ((0, 16), False)])
def test_a_video_that_is_nearly_flat_is_named(levels, flat):
    frames = [Frame(np.full((20, 20), level, np.uint8), 0, n) for n, level in enumerate(levels)]
    stream = FrameStream(iter(frames), 25.0)
    assert len(list(note_if_flat(stream))) == 2
    low, high = levels
    said = [f"nearly flat: all its grey levels lie between {low} and {high} of 255"]
    assert stream.notes == (said if flat else [])


def test_nothing_is_not_called_flat():
    stream = FrameStream(iter(()), 25.0)
    assert (list(note_if_flat(stream)), stream.notes) == ([], [])


@pytest.mark.parametrize(
    ("names", "frames"),
    [
        (["0.jpg", "0.png", "1.jpg", "1.png"], ["0.jpg", "1.jpg"]),  # masks, or both formats
        (["0.png", "0.bmp", "1.png", "1.bmp"], ["0.png", "1.png"]),
        (["0.tif", "0.png", "1.png"], ["0.png", "1.png"]),
        (["0.png", "0_mask.png", "1.png", "1_mask.png"], ["0.png", "1.png"]),
        (["0_gt.png", "1_gt.png"], ["0_gt.png", "1_gt.png"]),
        (["0.jpg", "1.JPEG", "2.jfif"], ["0.jpg", "1.JPEG", "2.jfif"]),
        (["0.jpg", "1.png"], ["0.jpg", "1.png"]),
    ],
)
def test_frames_are_taken_once(tmp_path, names, frames):
    for name in names:
        PIL.Image.new("L", (4, 4)).save(tmp_path / name)
    assert [path.name for path in list_frames(tmp_path)] == frames
    with open_pictures(tmp_path) as stream:
        assert stream.length == len(frames)
    beside = len(names) - len(frames)
    assert [note.split(" (")[0] for note in stream.notes] == (
        [f"{beside} pictures beside its frames are passed over"] if beside else []
    )


@pytest.mark.parametrize("name", ["p.jpg", "p.png", "p.tif"])
def test_postscript_in_a_picture_starts_nothing(tmp_path, name, monkeypatch):
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", str(tmp_path / "gs"))
    started = tmp_path / "started"
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch {started}\n")
    (tmp_path / "gs").chmod(0o755)
    PIL.Image.new("L", (9, 9)).save(tmp_path / "p.eps")
    (tmp_path / "p.eps").rename(tmp_path / name)
    with pytest.raises(AbnormalError, match="is not a picture that can be read"):
        read_picture(tmp_path / name)
    assert not started.exists()


MASK = np.array([[0, 0], [0, 1]], np.uint8)
PALETTE = PIL.Image.fromarray(MASK)
PALETTE.putpalette([0] * 768)
MASKS = {
    "255.png": PIL.Image.fromarray(MASK * 255),
    "1.png": PIL.Image.fromarray(MASK),
    "id16.png": PIL.Image.fromarray(MASK.astype(np.uint16)),
    "id32.tif": PIL.Image.fromarray(MASK.astype(np.int32)),
    "float.tif": PIL.Image.fromarray(MASK.astype(np.float32) / 1000),
    "blue.png": PIL.Image.fromarray(np.dstack([MASK * 0, MASK * 0, MASK])),
    "opaque.png": PIL.Image.fromarray(np.dstack([MASK, MASK * 0, MASK * 0, MASK * 0 + 255])),
    "alpha.png": PIL.Image.fromarray(np.dstack([MASK * 0, MASK * 0, MASK * 0, MASK * 255])),
    "palette.png": PALETTE,
    "bit.png": PIL.Image.fromarray(MASK.astype(bool)),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_marks_what_is_not_0(tmp_path, name):
    MASKS[name].save(tmp_path / name)
    assert read_mask(tmp_path / name).tolist() == [[False, False], [False, True]]


def test_a_mask_of_colours_in_16_bits(tmp_path):
    cv2.imwrite(str(tmp_path / "m.png"), np.dstack([MASK * 0, MASK * 0, MASK]).astype(np.uint16))
    assert read_mask(tmp_path / "m.png").tolist() == [[False, False], [False, True]]
