from fractions import Fraction

import av
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.video.encode import _check, open_encoder, open_timed_encoder

RED, GREEN = (200, 20, 20), (20, 160, 40)


def pictures(count, height=64, width=96):
    """A green square that moves over a red ground."""
    for number in range(count):
        picture = np.full((height, width, 3), RED, np.uint8)
        picture[16:32, number * 8 : number * 8 + 16] = GREEN
        yield picture


@pytest.mark.parametrize("fps", [25.0, 10.0, 7.5, 29.97, 30000 / 1001])
def test_it_plays_and_has_all_frames_at_their_times(tmp_path, decoded, fps):
    path = tmp_path / "some" / "video.mp4"
    with open_encoder(path, fps) as write:
        for picture in pictures(9):
            write(picture)

    stream, frames, times = decoded(path)
    assert (stream.codec.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert float(stream.average_rate) == pytest.approx(fps, rel=1e-4)
    assert times == pytest.approx(np.arange(9) / fps, abs=1e-3)
    for frame, picture in zip(frames, pictures(9), strict=True):
        assert np.abs(frame.astype(int) - picture).mean() < 4


def test_a_browser_can_begin_before_it_has_all(tmp_path):
    path = tmp_path / "video.mp4"
    with open_encoder(path, 25) as write:
        for picture in pictures(3):
            write(picture)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_odd_sides_lose_a_line(tmp_path, decoded):
    with open_encoder(tmp_path / "video.mp4", 25) as write:
        for picture in pictures(2, 65, 97):
            write(picture)
    assert decoded(tmp_path / "video.mp4")[1][0].shape == (64, 96, 3)


def test_a_single_frame_is_a_video(tmp_path, decoded):
    with open_encoder(tmp_path / "video.mp4", 25) as write:
        write(next(pictures(1)))
    assert len(decoded(tmp_path / "video.mp4")[1]) == 1


def test_no_frame_is_an_error_and_what_was_there_stays(tmp_path):
    path = tmp_path / "video.mp4"
    path.write_text("old")
    with pytest.raises(AbnormalError, match="no frame to show"), open_encoder(path, 25):
        pass
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_on_the_way_leaves_nothing(tmp_path):
    def fail():
        with open_encoder(tmp_path / "video.mp4", 25) as write:
            write(next(pictures(1)))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change", [{"size": (32, 96)}, {"last_sec": Fraction(3)}, {"frames": 8}])
def test_what_does_not_read_back_as_it_was_written_is_an_error(tmp_path, change):
    path = tmp_path / "video.mp4"
    with open_encoder(path, 25) as write:
        for picture in pictures(9):
            write(picture)
    written = {"frames": 9, "size": (64, 96), "last_sec": Fraction(8, 25)}
    _check(path, path, **written)
    with pytest.raises(AbnormalError, match="came out wrong"):
        _check(path, path, **(written | change))


def test_a_picture_that_h264_cannot_take_is_one_line(tmp_path):
    def write_tall():
        with open_encoder(tmp_path / "video.mp4", 25) as write:
            write(np.zeros((40_000, 4, 3), np.uint8))

    with pytest.raises(AbnormalError, match="cannot be written"):
        write_tall()


def test_a_picture_of_another_size_is_not_taken(tmp_path):
    """OpenCV's writer drops such pictures and says nothing."""

    def mix():
        with open_encoder(tmp_path / "video.mp4", 25) as write:
            write(next(pictures(1)))
            write(next(pictures(1, 32, 32)))

    with pytest.raises(ValueError, match="32x32"):
        mix()


def test_a_file_that_came_out_short_is_an_error(tmp_path, monkeypatch):
    muxed = []

    class Lossy:
        """A container that drops what it is given after the first packets."""

        def __init__(self, container):
            self._container = container

        def add_stream(self, *args, **options):
            return self._container.add_stream(*args, **options)

        def mux(self, packets):
            muxed.append(packets)
            self._container.mux(packets[:1])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self._container.close()

    opened = av.open
    monkeypatch.setattr(
        av, "open", lambda *args, **k: Lossy(opened(*args, **k)) if "w" in args else opened(*args)
    )

    def write_short():
        with open_encoder(tmp_path / "video.mp4", 25) as write:
            for picture in pictures(9):
                write(picture)

    with pytest.raises(AbnormalError, match="came out wrong"):
        write_short()
    assert muxed
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("times", [[0, 0.04, 0.08, 3, 3.04], [0, 1, 2], [0, 0.001, 5, 9], [0]])
def test_each_picture_is_shown_at_its_time(tmp_path, times):
    path = tmp_path / "video.mp4"
    with open_timed_encoder(path) as write:
        for picture, sec in zip(pictures(len(times)), times, strict=True):
            write(picture, sec)
    with av.open(str(path)) as video:
        shown = [frame.time for frame in video.decode(video=0)]
        assert shown == pytest.approx(times, abs=0.001)
        assert times[-1] <= video.duration / 1e6 <= times[-1] + 0.2001
