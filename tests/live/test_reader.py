"""Readers at real streams on the loopback address."""

import functools
import itertools
import shutil
import subprocess
import textwrap
import threading
import time

import cv2
import numpy as np
import pytest

from abnormal.live import reader
from abnormal.live.frame import ConnectionLost, LiveFrame, ReaderFailed
from abnormal.live.gate import PictureGate
from abnormal.live.prepare import FramePreparer
from abnormal.live.reader import backoff
from abnormal.video.flow import FlowMeter
from abnormal.video.jpeg import from_jpeg

GSTREAMER = "/usr/bin/python3"  # Debian's own, which has Debian's GStreamer

RTSP_SERVER = textwrap.dedent(
    """
    import sys
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
    Gst.init(None)
    if "--check" in sys.argv:
        names = ("filesrc", "qtdemux", "rtph264pay")
        sys.exit(not all(map(Gst.ElementFactory.find, names)))
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[2])
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( filesrc location={sys.argv[1]} ! qtdemux ! rtph264pay name=pay0 )")
    server.get_mount_points().add_factory("/gate", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()
    """
)


def frames(messages):
    return [message for message in messages if isinstance(message, LiveFrame)]


def losses(messages):
    return [message for message in messages if isinstance(message, ConnectionLost)]


def told(frame, number_of):
    return number_of(frame.image)


def test_a_stream_gives_its_pictures_in_order_and_evenly(
    mjpeg_camera, numbered_jpegs, reading, number_of
):
    camera = mjpeg_camera(numbered_jpegs, 25)
    got = frames(reading(camera.url()).frames(60))
    numbers = [told(frame, number_of) for frame in got]
    steps = np.diff(numbers) % 200
    assert np.median(steps) == 1
    assert set(steps) <= set(range(50))  # other work may make frames late, but never go back
    assert (np.diff([frame.moment.number for frame in got]) > 0).all()
    assert got[0].moment.sec == 0
    offsets = [
        frame.moment.utc - camera.begun_utc - number / 25
        for frame, number in zip(got[-20:], numbers[-20:], strict=True)
    ]
    assert max(offsets) - min(offsets) < 0.5
    assert got[0].speed is None
    assert got[-1].speed.shape == (64, 64)
    assert number_of(from_jpeg(got[-1].jpeg)[..., 0]) == numbers[-1]
    assert {frame.jpeg for frame in got} <= set(numbered_jpegs)  # as they came


@pytest.mark.parametrize("noisy", [False, True])
def test_of_large_pictures_small_ones_are_kept(mjpeg_camera, reading, noisy):
    height, width = (400, 640) if noisy else (720, 1280)
    picture = np.random.default_rng(0).integers(0, 255 if noisy else 1, (height, width), np.uint8)
    large = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    (kept,) = {frame.jpeg for frame in frames(reading(mjpeg_camera([large], 25).url()).frames(3))}
    assert len(kept) < len(large)
    assert from_jpeg(kept).shape == (400 if noisy else 360, 640, 3)


def test_a_stream_that_is_killed_comes_back_and_leaves_a_gap(mjpeg_camera, numbered_jpegs, reading):
    camera = mjpeg_camera(numbered_jpegs, 25)
    at_work = reading(camera.url("me:secret@", "?key=secret"))
    at_work.frames(20)
    camera.kill()
    at_work.wait_for(lambda messages: len(losses(messages)) >= 2)
    camera.revive()
    lost_at = next(n for n, m in enumerate(at_work.messages) if isinstance(m, ConnectionLost))
    messages = at_work.wait_for(lambda messages: isinstance(messages[-1], LiveFrame))
    before, after = messages[lost_at - 1], messages[-1]
    assert after.speed is None
    gone_sec = after.moment.sec - before.moment.sec
    assert gone_sec > 0.3
    assert (after.moment.number - before.moment.number) / 25 == pytest.approx(gone_sec, abs=0.2)
    assert {loss.reason for loss in losses(messages)} <= {
        *("the stream ended", "Connection refused", "nothing came in time", "Input/output error"),
        *("Connection reset by peer", "End of file"),
    }
    assert camera.requests[-1] == "/stream.mjpg?key=secret"


def test_a_camera_that_dies_is_noticed_although_its_frames_take_long_to_prepare(
    mjpeg_camera, numbered_jpegs, reading, number_of, monkeypatch
):
    prepare = FramePreparer.__call__

    def prepare_slowly(*arguments):
        time.sleep(0.25)
        return prepare(*arguments)

    monkeypatch.setattr(FramePreparer, "__call__", prepare_slowly)
    camera = mjpeg_camera(numbered_jpegs, 50)
    at_work = reading(camera.url())
    at_work.frames(12)
    camera.frozen = True
    time.sleep(0.5)  # the last frames arrive
    shown, seen = camera.number(), len(at_work.messages)
    camera.kill()
    messages = at_work.wait_for(losses)
    newest = [one for one in messages if isinstance(one, LiveFrame)][-1]
    assert (shown - number_of(newest.image)) % 200 < 60  # of 100 in these two seconds
    waited = next(n for n, one in enumerate(messages) if isinstance(one, ConnectionLost)) - seen
    assert waited < 50 + 5
    assert at_work.reader.dropped() > 10
    steps = [
        (
            b.moment.number - a.moment.number,
            (number_of(b.image) - number_of(a.image)) % 200,
            b.speed,
        )
        for a, b in itertools.pairwise(frames(messages))
    ]
    gaps = [step for step in steps if step[1] > 8]  # pictures of 50 a second, of which each second
    assert gaps
    assert all(number > 1 and speed is None for number, _, speed in gaps)


def test_of_frames_that_will_not_be_scored_some_are_looked_at_for_faults(
    mjpeg_camera, numbered_jpegs, reading, number_of, monkeypatch
):
    measured, rooms = [], iter([True] * 5 + [False] * 20 + [True] * 10**6)
    measure = FlowMeter.__call__
    monkeypatch.setattr(FlowMeter, "__call__", lambda *pair: measured.append(1) or measure(*pair))
    monkeypatch.setattr(PictureGate, "__call__", lambda *picture: ("black", "of these"))
    camera = mjpeg_camera(numbered_jpegs, 25)
    at_work = reading(camera.url(), timeout_sec=30, has_room=lambda: next(rooms))
    at_work.wait_for(lambda messages: sum(not one.is_dropped for one in messages) >= 15)
    seen = list(at_work.messages)
    looked_at = [frame for frame in seen if frame.is_dropped]
    assert 2 <= len(looked_at) <= 10  # in 20 frames, which came in 0.8 s or more
    scored = [frame.moment.number for frame in seen if not frame.is_dropped]
    assert at_work.reader.dropped() == scored[5] - scored[4] - 1 >= 20
    assert {(frame.fault, frame.speed is None) for frame in looked_at} == {("black", True)}
    assert len(measured) < sum(not frame.is_dropped for frame in at_work.messages)
    steps = [
        (b.moment.number - a.moment.number, (number_of(b.image) - number_of(a.image)) % 200)
        for a, b in itertools.pairwise(seen[1:])
    ]
    assert all(abs(number - picture) <= 1 for number, picture in steps)


@pytest.mark.parametrize("most", [14, 15, 16])  # a picture is repeated two or three times
def test_of_a_slow_camera_no_more_comes_than_there_is_room_for(
    mjpeg_camera, numbered_jpegs, reading, most
):
    begun = []

    def scored():
        return [one for at_work in begun for one in at_work.messages if not one.is_dropped]

    url = mjpeg_camera(numbered_jpegs, 10).url()
    begun.append(reading(url, has_room=lambda: len(scored()) < most))
    messages = begun[0].wait_for(lambda messages: sum(one.is_dropped for one in messages) >= 3)
    numbers = [one.moment.number for one in scored()]
    assert numbers[1:] == list(range(numbers[1], numbers[1] + most - 1))  # the first is kept back
    for one in messages:
        assert one.moment.number / 25 == pytest.approx(one.moment.sec, abs=0.2)


def test_a_camera_that_hangs_from_the_start_is_told(
    mjpeg_camera, numbered_jpegs, reading, monkeypatch
):
    released = threading.Event()
    open_it = reader.open_camera

    def hang(*arguments):
        assert released.wait(60)
        return open_it(*arguments)

    monkeypatch.setattr(reader, "open_camera", hang)
    monkeypatch.setattr(reader, "START_SEC", 0.2)
    at_work = reading(mjpeg_camera(numbered_jpegs, 25).url(), timeout_sec=0.5)
    (lost,) = at_work.wait_for(losses)
    assert lost.reason == "there is no answer"
    released.set()
    messages = at_work.wait_for(lambda messages: isinstance(messages[-1], LiveFrame))
    assert len(losses(messages)) == 1


def test_a_stream_that_stands_still_is_taken_for_dead(mjpeg_camera, numbered_jpegs, reading):
    camera = mjpeg_camera(numbered_jpegs, 25)
    at_work = reading(camera.url(), timeout_sec=0.5)
    at_work.frames(10)
    camera.frozen = True
    messages = at_work.wait_for(losses)
    assert losses(messages)[0].reason in {"nothing came in time", "no picture for 0.5 s"}
    camera.frozen = False
    at_work.wait_for(lambda messages: isinstance(messages[-1], LiveFrame))


@pytest.mark.parametrize("camera_fps", [10, 50])
def test_a_camera_of_another_rate_is_brought_to_the_rate_of_the_model(
    mjpeg_camera, numbered_jpegs, reading, camera_fps
):
    camera = mjpeg_camera(numbered_jpegs, camera_fps)
    got = frames(reading(camera.url()).frames(75))
    assert got[-1].moment.sec - got[24].moment.sec == pytest.approx(50 / 25, abs=0.4)


def test_a_file_is_played_at_its_pace_and_ends(make_video, tmp_path, reading, number_of):
    path = make_video(tmp_path / "gate.avi", 30, codec="ffv1", height=64, width=96)
    messages = reading(str(path)).wait_for(losses)
    assert [told(frame, number_of) for frame in frames(messages)] == list(range(30))
    assert [frame.moment.number for frame in frames(messages)] == list(range(30))
    seconds = [frame.moment.sec for frame in frames(messages)]
    np.testing.assert_allclose(seconds, np.arange(30) / 25, atol=0.05)
    assert losses(messages)[0].ended
    assert messages[29].arrival_sec - messages[0].arrival_sec > 1


def test_what_follows_a_jump_of_the_clock_is_not_compared_with_what_precedes_it(
    make_video, tmp_path, reading, number_of
):
    part = make_video(tmp_path / "part.ts", 12, codec="libx264", height=64, width=96)
    joined = tmp_path / "gate.ts"
    joined.write_bytes(part.read_bytes() + part.read_bytes())
    messages = frames(reading(str(joined)).wait_for(losses))
    first, second = [n for n, frame in enumerate(messages) if frame.speed is None]
    told_numbers = [told(frame, number_of) for frame in messages]
    assert (first, told_numbers[first], told_numbers[second]) == (0, 0, 0)
    # Other work may make frames late, so that some are left out or repeated, but never go back.
    assert told_numbers[:second] == sorted(told_numbers[:second])
    assert told_numbers[second:] == sorted(told_numbers[second:])
    numbers = [frame.moment.number for frame in messages]
    assert (np.diff(numbers) > 0).all()
    assert numbers[second] == numbers[second - 1] + 2  # a gap, where a segment ends
    assert messages[-1].moment.sec < 60


def test_a_file_that_is_no_video_is_said(tmp_path, reading):
    (tmp_path / "gate.mp4").write_text("no video")
    (message,) = reading(str(tmp_path / "gate.mp4")).wait_for(losses)
    assert message.ended
    assert "Invalid data" in message.reason


def test_a_bug_in_the_thread_is_not_swallowed(mjpeg_camera, numbered_jpegs, reading):
    camera = mjpeg_camera(numbered_jpegs, 25)
    at_work = reading(camera.url(), size=0)
    messages = at_work.wait_for(lambda messages: any(isinstance(m, ReaderFailed) for m in messages))
    assert isinstance(messages[-1], ReaderFailed)


def test_waits_double_up_to_a_limit_and_are_never_quite_alike():
    waits = list(itertools.islice(backoff(1.0, 8.0), 200))
    for wait, most in zip(waits, [1, 2, 4, *[8] * 197], strict=True):
        assert most / 2 <= wait <= most
    assert len(set(waits)) > 190


@functools.cache
def rtsp_missing():
    """Why there is no RTSP server; empty where there is one."""
    if not shutil.which(GSTREAMER):
        return f"no {GSTREAMER}"
    check = [GSTREAMER, "-c", RTSP_SERVER, "--check"]
    if subprocess.run(check, capture_output=True, check=False).returncode:
        return "apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good"
    return ""


def test_rtsp_is_read_with_the_times_of_the_camera_and_read_again(
    make_video, tmp_path, reading, number_of
):
    if rtsp_missing():
        pytest.skip(f"an RTSP server needs: {rtsp_missing()}")
    path = make_video(tmp_path / "gate.mp4", 125, codec="libx264", height=64, width=96)
    command = [GSTREAMER, "-c", RTSP_SERVER, str(path), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        url = f"rtsp://me:secret@127.0.0.1:{server.stdout.readline().strip()}/gate"
        at_work = reading(url, timeout_sec=3.0)
        messages = at_work.wait_for(losses)  # the file ends, and so does the stream
        at_work.wait_for(lambda messages: isinstance(messages[-1], LiveFrame))
        server.kill()
    got = frames(messages)
    numbers = [told(frame, number_of) for frame in got]
    assert numbers[-1] > 120
    assert len(set(numbers)) > 0.9 * (numbers[-1] - numbers[0])
    assert np.ptp([frame.moment.sec - n / 25 for frame, n in zip(got, numbers, strict=True)]) < 0.1
    assert "secret" not in losses(messages)[0].reason


def test_a_video_device_that_is_missing_is_named(reading):
    (lost, *_) = reading("4321").wait_for(losses)
    assert lost.reason == "/dev/video4321: No such file or directory"
    assert not lost.ended
