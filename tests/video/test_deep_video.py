"""Video files with more than 8 bits of grey have one scale, by the values that they use."""

import av
import numpy as np
import pytest

from abnormal.video.decode import open_video
from abnormal.video.deep_video import _thinned


def encode(path, kind, pictures, codec="ffv1", **options):
    with av.open(str(path), "w") as container:
        track = container.add_stream(codec, rate=25, options=options)
        track.height, track.width = pictures[0].shape
        track.pix_fmt = kind
        for picture in pictures:
            container.mux(track.encode(av.VideoFrame.from_ndarray(picture, kind)))
        container.mux(track.encode())
    return path


def read(path):
    with open_video(path) as stream:
        frames = list(stream.frames)
    return frames, stream.notes


@pytest.mark.parametrize(
    ("kind", "values", "note"),
    [
        (
            "gray16le",
            lambda grey: 7000 + 2 * grey,
            ["its values 7040 to 7488 are scaled to 0 to 255"],
        ),
        ("gray16le", lambda grey: 60 * grey, ["its values 0 to 16383 are scaled to 0 to 255"]),
        ("gray12le", lambda grey: 1000 + grey, ["its values 1024 to 1248 are scaled to 0 to 255"]),
        ("gray12le", lambda grey: 16 * grey, []),
    ],
)
@pytest.mark.parametrize("count", [3, 40])  # too few to be searched, and enough
def test_a_deep_video_is_visible_by_one_scale(
    tmp_path, picture_of, number_of, kind, values, note, count
):
    pictures = [values(picture_of(number).astype(np.uint16)) for number in range(count)]
    frames, notes = read(encode(tmp_path / "v.mkv", kind, pictures))
    assert [number_of(frame.image) for frame in frames] == list(range(count))
    assert min(np.ptp(frame.image) for frame in frames[1:]) > 150
    assert notes == note
    assert np.ptp(np.dstack([frames[1].get_rgb(), frames[1].image]), axis=2).max() <= 1


def test_what_comes_late_in_a_file_with_one_key_frame_is_seen(tmp_path):
    cold = np.tile(np.linspace(400, 430, 64).astype(np.uint16), (64, 1))
    pictures = [cold] * 30 + [cold + 50] * 30
    options = {"x265-params": "lossless=1:keyint=1000:log-level=none"}
    path = encode(tmp_path / "v.mkv", "gray10le", pictures, "libx265", **options)
    frames, notes = read(path)
    assert notes == ["its values 400 to 480 are scaled to 0 to 255"]
    assert frames[0].image.max() < frames[-1].image.min()


def test_pictures_are_thinned_out_evenly():
    pictures = (
        av.VideoFrame.from_ndarray(np.full((2, 2), number, np.uint16), "gray16le")
        for number in range(100)
    )
    assert [int(sample[0, 0]) for sample in _thinned(pictures)] == list(range(0, 100, 4))
