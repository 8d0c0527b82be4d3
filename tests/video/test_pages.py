"""Damaged pictures with several pages are refused, or read as far as they can be."""

import functools

import numpy as np
import PIL.Image
import pytest

from abnormal.datasets.find import find_videos
from abnormal.datasets.rates import with_common_rate
from abnormal.datasets.source import TRAINING, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.video.pages import has_pages, open_pages
from abnormal.video.probe import holds_video

PAGES = 6
WIDTH_TAG = b"\x00\x01\x04\x00\x01\x00\x00\x00"


def without_width(content):
    """The last page of a TIFF has no width, for which Pillow raises TypeError."""
    before, after = content.rsplit(WIDTH_TAG, 1)
    return before + b"\x00\xf0" + WIDTH_TAG[2:] + after


def cut_in_a_header(content):
    """A GIF ends before the flags of its second page, for which Pillow raises IndexError."""
    return content[: content.index(b"\x2c", content.index(b"\x21\xf9", 800) + 8) + 9]


def without_pixels(content):
    """The first page of a WebP cannot be decoded, so that no time of a page is known."""
    start = content.index(b"ANMF") + 42
    return content[:start] + b"\xff" * 60 + content[start + 60 :]


DAMAGES = {".tif": without_width, ".gif": cut_in_a_header, ".webp": without_pixels}


@pytest.fixture
def damaged(tmp_path):
    """A folder of pictures with several pages that were damaged, each in its own way."""
    rng = np.random.default_rng(0)
    pages = [PIL.Image.fromarray(rng.integers(0, 255, (32, 48), np.uint8)) for _ in range(PAGES)]
    for suffix, damage in DAMAGES.items():
        path = tmp_path / f"damaged{suffix}"
        pages[0].save(path, save_all=True, append_images=pages[1:])
        path.write_bytes(damage(path.read_bytes()))
    return tmp_path


def read_pages(path):
    with open_pages(path) as stream:
        return len(list(stream.frames)), stream.notes


def test_damage_costs_the_pages_after_it(damaged):
    said = "truncated: 5 of its pages can be read (Missing dimensions)"
    assert read_pages(damaged / "damaged.tif") == (5, [said])
    count, (said,) = read_pages(damaged / "damaged.gif")
    assert (count, said[:27]) == (1, "truncated: 1 of its pages c")
    with pytest.raises(AbnormalError, match=r"No page of .*damaged\.webp can be read"):
        read_pages(damaged / "damaged.webp")
    paged = {path.suffix: has_pages(path) for path in damaged.iterdir()}
    assert paged == {".tif": True, ".gif": False, ".webp": True}


def test_damaged_pictures_cost_other_videos_nothing(damaged, make_video):
    for name, fps in (("a", 25), ("b", 10)):
        make_video(damaged / f"{name}.mp4", fps=fps)
    videos = find_videos("auto", damaged).videos
    assert [video.name for video in videos] == ["a", "b", "damaged_tif", "damaged_webp"]
    assert {video.fps for video in with_common_rate(videos, damaged / "img")} == {10}


def test_whatever_a_decoder_raises_costs_the_other_videos_nothing(tmp_path, monkeypatch):
    broken = SourceVideo("x", TRAINING, functools.partial(int, "no number"), path=tmp_path)
    assert with_common_rate([broken], tmp_path) == [broken]
    monkeypatch.setattr("av.open", lambda *_, **__: [][0])
    assert not holds_video(tmp_path / "a.dav")


def test_what_the_reader_of_frames_raises_is_not_the_picture_s_fault(tmp_path):
    path = tmp_path / "stack.tif"
    page = PIL.Image.new("L", (48, 32))
    page.save(path, save_all=True, append_images=[page])
    with pytest.raises(OSError, match="No space left"), open_pages(path):
        raise OSError("No space left")
