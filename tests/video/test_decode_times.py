"""Times, rates and numbers of frames in files as recorders and other programs make them."""

from fractions import Fraction

import av
import numpy as np
import pytest

from abnormal.video.camera import open_camera
from abnormal.video.decode import count_frames, open_video
from abnormal.video.resample import at_rate

TS_PACKET = 188


@pytest.fixture
def encode(picture_of):
    def make(path, numbers, codec="libx264", rate=25, times_sec=None, start_sec=0.0, **options):
        """Encodes pictures that tell their numbers."""
        height, width = (576, 720) if codec == "dvvideo" else (64, 96)
        with av.open(str(path), "w") as container:
            track = container.add_stream(codec, rate=rate, options=options)
            track.height, track.width = height, width
            track.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            base = Fraction(1, 1000) if times_sec or rate == 1000 else 1 / Fraction(rate)
            track.codec_context.time_base = base
            for index, number in enumerate(numbers):
                picture = picture_of(number, height, width)
                frame = av.VideoFrame.from_ndarray(picture, format="gray")
                sec = times_sec[index] if times_sec else index / Fraction(rate)
                frame.pts, frame.time_base = round((start_sec + sec) / base), base
                container.mux(track.encode(frame))
            container.mux(track.encode())
        return path

    return make


@pytest.fixture
def read(number_of):
    def told(path, fps=None):
        """The numbers that the pictures tell, the frames, and the stream."""
        with open_video(path) as stream:
            frames = list(at_rate(stream.frames, fps) if fps else stream.frames)
        return [number_of(frame.image) for frame in frames], frames, stream

    return told


def times(frames):
    return [frame.time_sec for frame in frames]


def even(count, fps=25.0):
    return pytest.approx([number / fps for number in range(count)], abs=1e-3)


def join(path, *parts):
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_avi_with_b_frames_shows_each_picture_once(tmp_path, encode, read, codec):
    path = encode(tmp_path / "v.avi", range(60), codec, 15, bf="3" if codec == "libx264" else "2")
    numbers, frames, stream = read(path)
    assert numbers == list(range(60))
    assert times(frames) == even(60, 15)
    assert (stream.fps, stream.notes) == (15, [])
    assert read(path, 15)[0] == list(range(60))
    assert read(path, 5)[0] == list(range(0, 60, 3))
    with open_camera(str(path), 5.0) as camera:
        assert times(camera.frames) == even(60, 15)


@pytest.mark.parametrize(
    ("first", "second", "note"),
    [(0, 3600, "jumped once"), (3600, 0, "jumped once"), (0, 64, "a gap of 60 s")],
)
def test_joined_transport_streams(tmp_path, encode, read, first, second, note):
    parts = [
        encode(tmp_path / f"{n}.ts", range(100 * n, 100 * n + 100), start_sec=start, bf="2", g="25")
        for n, start in enumerate((first, second))
    ]
    path = join(tmp_path / "joined.ts", *parts)
    numbers, frames, stream = read(path, 5)
    assert numbers == list(range(0, 200, 5))
    assert [number for number, frame in enumerate(frames) if frame.after_gap] == [20]
    assert frames[20].time_sec == pytest.approx(64 if second == 64 else 4, abs=0.1)
    assert stream.fps == 25
    assert [note in found for found in stream.notes] == [True]
    with open_camera(str(path), 5.0) as camera:
        live = list(camera.frames)
    assert (np.diff(times(live)) > 0).all()
    assert [number for number, frame in enumerate(live) if frame.after_gap] == [100]


def test_a_clock_that_begins_anew_loses_no_footage(tmp_path, encode, read):
    options = {"codec": "mpeg2video", "bf": "2", "qmax": "2"}
    parts = [
        encode(tmp_path / f"{n}.mpg", range(100 * n, 100 * n + 100), **options) for n in range(2)
    ]
    numbers, frames, stream = read(join(tmp_path / "v.mpg", *parts), 5)
    assert numbers == list(range(0, 200, 5))
    assert [number for number, frame in enumerate(frames) if frame.after_gap] == [20]
    assert "its clock jumped once, which no clip spans" in stream.notes


def without_stamps(path, has_none):
    """Removes the time stamps from some of the packets of a transport stream."""
    data, seen = bytearray(path.read_bytes()), 0
    for at in range(0, len(data), TS_PACKET):
        packet = data[at : at + TS_PACKET]
        start = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        if not packet[1] & 0x40 or packet[start : start + 4] != b"\0\0\1\xe0":
            continue
        if has_none(seen):
            length = packet[start + 8]
            data[at + start + 7] &= 0x3F
            data[at + start + 9 : at + start + 9 + length] = b"\xff" * length
        seen += 1
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("has_none", [lambda n: n == 0, lambda n: n % 4, lambda n: n > 50])
def test_packets_without_stamps_are_counted_on_from_those_that_have_some(
    tmp_path, encode, read, has_none
):
    path = encode(tmp_path / "v.ts", range(100, 200), start_sec=3600, bf="2", g="25")
    numbers, frames, _ = read(without_stamps(path, has_none))
    assert numbers == list(range(100, 200))
    assert times(frames) == even(100)
    assert read(path, 5)[0] == list(range(100, 200, 5))


@pytest.mark.parametrize("name", ["v.mkv", "v.mp4", "v.mov", "v.flv"])
def test_a_recorder_that_pauses(tmp_path, encode, read, name):
    times_sec = [number / 25 + 60 * (number >= 100) for number in range(200)]
    path = encode(tmp_path / name, range(200), "mpeg4" if name != "v.flv" else "flv", 25, times_sec)
    numbers, frames, stream = read(path)
    assert numbers == list(range(200))
    assert times(frames) == pytest.approx(times_sec)
    assert [number for number, frame in enumerate(frames) if frame.after_gap] == [100]
    assert (stream.fps, stream.notes) == (25, ["it has a gap of 60 s which no clip spans"])
    assert read(path, 5)[0] == list(range(0, 200, 5))


@pytest.mark.parametrize("start_sec", [0.0, 95_440.0])  # where the clock of 33 bits is full
def test_a_clock_that_runs_over_does_not_jump(tmp_path, encode, read, start_sec):
    numbers, frames, stream = read(encode(tmp_path / "v.ts", range(200), start_sec=start_sec))
    assert (numbers, stream.notes) == (list(range(200)), [])
    assert times(frames) == even(200)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "fps"),
    [
        ("v.h264", "libx264", 15, 15),
        ("v.hevc", "libx265", 15, 15),
        ("v.hevc", "libx265", 15, None),
        ("v.m2v", "mpeg2video", 24, 24),
        ("v.mjpeg", "mjpeg", 15, None),
        ("v.dv", "dvvideo", 25, 25),
        ("v.y4m", "wrapped_avframe", 15, 15),
    ],
)
def test_the_rate_is_that_of_the_stream_or_unknown(tmp_path, encode, read, name, codec, rate, fps):
    timing = f"vui-timing-info={int(fps is not None)}"
    options = {"x265-params": f"log-level=none:{timing}"} if codec == "libx265" else {}
    numbers, frames, stream = read(encode(tmp_path / name, range(30), codec, rate, **options))
    assert stream.fps == fps
    assert (len(numbers), stream.notes) == (30, [])
    assert times(frames) == even(30, fps or 25)


@pytest.mark.parametrize("name", ["v.mkv", "v.avi", "v.flv", "v.mov", "v.asf"])
def test_ticks_a_second_are_no_frame_rate(tmp_path, encode, read, name):
    codec = {"v.flv": "flv", "v.asf": "msmpeg4v2", "v.avi": "mjpeg"}.get(name, "mpeg4")
    times_sec = [round(number / 15, 3) for number in range(60)]
    numbers, frames, stream = read(encode(tmp_path / name, range(60), codec, 1000, times_sec))
    assert (numbers, stream.fps, stream.notes) == (list(range(60)), 15, [])
    assert times(frames) == pytest.approx(times_sec, abs=1e-3)


def damage(path, which):
    """Fills packets with zeros."""
    data, at = bytearray(path.read_bytes()), 0
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for number, packet in enumerate(packets):
        at = data.index(packet, at)
        if number in which:
            data[at : at + len(packet)] = bytes(len(packet))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "codec", "which"),
    [
        ("v.avi", "mjpeg", range(30, 50)),
        ("v.mkv", "mjpeg", range(30, 50)),
        ("v.mkv", "mjpeg", range(5)),
        ("v.mp4", "libx264", range(30, 40)),
        ("v.mp4", "libx264", range(90, 100)),
        ("v.mp4", "libx264", range(5)),
        ("v.avi", "mpeg4", range(24, 30)),
    ],
)
def test_damaged_pictures_count(tmp_path, encode, picture_of, name, codec, which):
    path = damage(encode(tmp_path / name, range(100), codec, 25, bf="0", g="12"), which)
    with open_video(path) as stream:
        frames = list(stream.frames)
    assert stream.length == count_frames(path) == 100
    assert len(frames) < 100
    assert f"{100 - len(frames)} damaged parts of it were skipped" in stream.notes
    right = {
        frame.number
        for frame in frames
        if np.abs(frame.image - picture_of(frame.number, 64, 96).astype(int)).max() < 40
    }
    # A picture that is damaged spoils those that follow until the next key frame.
    assert right >= set(range(100)) - set(range(which.start, which.stop + 24))
    first = frames[0].number
    assert times(frames) == pytest.approx([(frame.number - first) / 25 for frame in frames])


def trimmed(source, path, sec):
    """Cuts a video without encoding it again: an edit list hides what precedes the cut."""
    with av.open(str(source)) as whole, av.open(str(path), "w") as cut:
        track = whole.streams.video[0]
        copy = cut.add_stream_from_template(track)
        for packet in whole.demux(track):
            if packet.dts is not None:
                shift = int(sec / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, copy
                cut.mux(packet)
    return path


@pytest.mark.parametrize("name", ["v.mp4", "v.mov"])
def test_what_an_edit_list_hides_is_not_missing(tmp_path, encode, read, name):
    whole = encode(tmp_path / "whole.mp4", range(100), bf="2", g="50")
    path = trimmed(whole, tmp_path / name, 1.2)
    numbers, frames, stream = read(path)
    assert numbers == list(range(30, 100))
    assert times(frames) == even(70)
    assert (stream.length, stream.notes) == (70, [])
    assert count_frames(path) == 70


def test_a_recording_that_begins_between_two_key_frames_is_not_truncated(tmp_path, encode, read):
    whole = encode(tmp_path / "whole.ts", range(100), g="25", bf="2").read_bytes()
    path = tmp_path / "v.ts"
    path.write_bytes(whole[len(whole) // 3 // TS_PACKET * TS_PACKET :])
    numbers, frames, stream = read(path)
    assert 0 < numbers[0] < 51
    assert numbers == list(range(numbers[0], 100))
    assert times(frames) == even(len(numbers))
    assert (stream.length, stream.notes) == (len(numbers), [])
    assert count_frames(path) == len(numbers)


def test_frames_that_avi_leaves_out_are_not_missing(tmp_path, encode, read):
    path = tmp_path / "v.avi"
    source = encode(tmp_path / "whole.avi", range(100), "mjpeg")
    with av.open(str(source)) as whole, av.open(str(path), "w") as sparse:
        track = whole.streams.video[0]
        copy = sparse.add_stream_from_template(track)
        for number, packet in enumerate(whole.demux(track)):
            if packet.size and not 30 <= number < 60:
                packet.stream = copy
                sparse.mux(packet)
    numbers, frames, stream = read(path)
    assert numbers == [*range(30), *range(60, 100)]
    assert stream.notes == ["it has a gap of 1.24 s which no clip spans"]
    assert times(frames)[-1] == pytest.approx(3.96)
    assert stream.length == count_frames(path) == 70
