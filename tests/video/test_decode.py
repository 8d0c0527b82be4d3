import io
import re
from pathlib import Path

import av
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.video.camera import open_camera
from abnormal.video.decode import is_video, open_video
from abnormal.video.probe import holds_video

CONTAINERS = [
    ("a.mp4", "mpeg4"),
    ("a.mp4", "libx264"),
    ("a.mkv", "libx264"),
    ("a.avi", "mjpeg"),
    ("a.webm", "libvpx"),
    ("a.ts", "libx264"),
]


def read(path):
    with open_video(path) as stream:
        frames = list(stream.frames)
    return frames, stream


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


@pytest.mark.parametrize(("name", "codec"), CONTAINERS, ids=lambda value: value)
def test_frames_come_in_order_with_their_numbers_and_times(
    tmp_path, make_video, number_of, name, codec
):
    frames, stream = read(make_video(tmp_path / name, codec=codec))
    assert [number_of(frame.image) for frame in frames] == list(range(20))
    assert [frame.number for frame in frames] == list(range(20))
    assert [frame.time_sec for frame in frames] == pytest.approx([k / 25 for k in range(20)])
    assert {(frame.image.shape, frame.image.dtype.name) for frame in frames} == {
        ((32, 48), "uint8")
    }
    assert (stream.fps, stream.length, stream.notes) == (25, 20, [])


def test_times_are_those_of_the_file_and_begin_at_zero(tmp_path, make_video, number_of):
    times_ms = [5000, 5040, 5080, 5500, 5540, 6000, 7000]
    path = make_video(tmp_path / "v.mkv", frames=7, codec="libx264", times_ms=times_ms)
    frames, _ = read(path)
    assert [number_of(frame.image) for frame in frames] == list(range(7))
    assert [round(1000 * frame.time_sec) for frame in frames] == [0, 40, 80, 500, 540, 1000, 2000]


def test_an_odd_size_is_kept_and_grey_is_not_changed(tmp_path, make_video, picture_of):
    frames, _ = read(make_video(tmp_path / "v.avi", height=31, width=45, codec="ffv1"))
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.image, picture_of(number, 31, 45))


@pytest.mark.parametrize(
    ("colour", "grey"),
    [
        ((0, 0, 0), 0),
        ((255, 255, 255), 255),
        ((128, 128, 128), 128),
        ((255, 0, 0), 76),  # 0.299 * 255, ITU-R BT.601
        ((0, 255, 0), 150),  # 0.587 * 255
        ((0, 0, 255), 29),  # 0.114 * 255
    ],
)
def test_grey_is_the_brightness_over_the_whole_range(tmp_path, make_video, colour, grey):
    picture = np.full((32, 48, 3), colour, np.uint8)
    frames, _ = read(make_video(tmp_path / "v.mp4", codec="libx264", pictures=[picture] * 3))
    assert frames[1].image.mean() == pytest.approx(grey, abs=2)


def test_frames_are_decoded_when_they_are_asked_for(tmp_path, make_video):
    with open_video(make_video(tmp_path / "v.avi", frames=200, codec="mjpeg")) as stream:
        for _ in range(3):
            next(stream.frames)
        assert stream.length < 10


@pytest.mark.parametrize(
    ("name", "codec", "note"),
    [
        ("v.avi", "mjpeg", r"truncated: \d+ of 60 frames could be read"),
        ("v.mkv", "libx264", r"truncated: \d\.\d of 2\.4 s could be read"),
    ],
)
def test_a_truncated_video_is_kept_as_far_as_it_decodes(
    tmp_path, make_video, number_of, name, codec, note
):
    frames, stream = read(cut(make_video(tmp_path / name, frames=60, codec=codec), 0.7))
    assert 5 < len(frames) < 60
    assert [number_of(frame.image) for frame in frames] == list(range(len(frames)))
    assert stream.length == len(frames)
    assert re.search(note, "; ".join(stream.notes))


def test_a_damaged_part_is_skipped_and_said(tmp_path, make_video, number_of):
    path = make_video(tmp_path / "v.avi", codec="mjpeg")
    jpgs = path.read_bytes().split(b"\xff\xd8")
    jpgs[8] = bytes(len(jpgs[8]) - 16) + jpgs[8][-16:]  # the last bytes begin the next frame
    path.write_bytes(b"\xff\xd8".join(jpgs))
    frames, stream = read(path)
    assert [number_of(frame.image) for frame in frames] == [k for k in range(20) if k != 7]
    assert stream.notes == ["1 damaged parts of it were skipped"]


class Disk(io.FileIO):
    """A file on a disk that breaks down."""

    broken = False
    read_so_far = 0

    def read(self, size=-1):
        if self.broken:
            raise OSError(5, "Input/output error")
        content = super().read(size)
        self.read_so_far = max(self.read_so_far, self.tell())
        return content


def test_a_disk_that_breaks_down_ends_the_video_there(tmp_path, monkeypatch, make_video, number_of):
    path = make_video(tmp_path / "v.mkv", 200, 256, 384)
    real = av.open
    with Disk(path) as disk:
        monkeypatch.setattr(av, "open", lambda _, **options: real(disk, buffer_size=4096))
        with open_video(path) as stream:
            first = next(stream.frames)
            disk.broken = True
            numbers = [number_of(frame.image) for frame in (first, *stream.frames)]
    assert numbers == list(range(len(numbers)))
    monkeypatch.undo()
    path.write_bytes(path.read_bytes()[: disk.read_so_far])
    assert 2 < len(numbers) < 195
    assert len(numbers) == len(read(path)[0])  # what had been read is shown to its end
    assert stream.notes[0] == "reading it stopped early (Input/output error)"


def sound_only(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        silence = np.zeros((1, 16000), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_text("hello\n" * 100), "is not a video that can be read"),
        (lambda path: path.write_bytes(b""), "is not a video that can be read"),
        (lambda path: path.mkdir(), "is not a video that can be read"),
        (sound_only, "has no video in it"),
        (lambda path: None, "There is no file"),
    ],
    ids=["text", "empty", "folder", "sound only", "missing"],
)
def test_what_is_no_video(tmp_path, make, message):
    make(tmp_path / "v.mp4")
    with pytest.raises(AbnormalError, match=message), open_video(tmp_path / "v.mp4"):
        pass


def test_a_format_without_a_decoder(tmp_path, make_video):
    path = make_video(tmp_path / "v.mp4", codec="mpeg4")
    path.write_bytes(path.read_bytes().replace(b"mp4v", b"odd1").replace(b"esds", b"odd2"))
    for read_it in (open_video, lambda path: open_camera(str(path), 1.0)):
        with pytest.raises(AbnormalError, match="no decoder"), read_it(path):
            pass
    assert not holds_video(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *[(f"v.{suffix}", True) for suffix in ("mp4", "AVI", "mkv", "mov", "webm", "wmv", "mpg")],
        *[(f"v.{suffix}", True) for suffix in ("MTS", "ts", "3gp", "flv", "m4v", "h264")],
        *[(f"v.{suffix}", False) for suffix in ("jpg", "txt", "mat", "mp3", "wav", "m4a")],
        ("mp4", False),
    ],
)
def test_names_of_videos(name, expected):
    assert is_video(Path(name)) == expected
