"""Cameras that lead elsewhere. 127.0.0.1 is the camera's host, and 127.0.0.2 is another one."""

import contextlib
import http.server
import itertools
import socket
import threading

import av
import cv2
import numpy as np
import pytest

from abnormal import urls
from abnormal.errors import AbnormalError
from abnormal.video.camera import open_camera

JPEG = cv2.imencode(".jpg", np.full((32, 48), 99, np.uint8))[1].tobytes()
PART = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG + b"\r\n"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        host = self.server
        host.asked.append(self.path)
        answer = host.answers[self.path.partition("?")[0]]
        if isinstance(answer, str):
            self.send_response(302)
            self.send_header("Location", answer)
            self.end_headers()
            return
        self.send_response(200)
        kind = "multipart/x-mixed-replace; boundary=frame" if answer is PART else "video/mp2t"
        self.send_header("Content-Type", kind)
        if answer is not PART:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(answer * (50 if answer is PART else 1))

    def log_message(self, *_):
        pass


class Host(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address):
        super().__init__((address, 0), Handler)
        self.answers, self.asked = {"/video": PART}, []
        self.url = f"http://{address}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *_):
        pass


@pytest.fixture
def camera():
    with Host("127.0.0.1") as host:
        yield host
        host.shutdown()


@pytest.fixture
def other():
    with Host("127.0.0.2") as host:
        yield host
        host.shutdown()


def count_frames(address, allow_redirects=False):
    with open_camera(address, 3.0, allow_redirects) as stream:
        return sum(1 for _ in itertools.islice(stream.frames, 20))


def with_login(url):
    return url.replace("http://", "http://me:secret@")


@pytest.fixture(scope="module")
def segment(tmp_path_factory):
    """Six seconds of video as a part of a playlist."""
    path = tmp_path_factory.mktemp("segment") / "a.ts"
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = 48, 32, "yuv420p"
        for number in range(150):
            picture = np.full((32, 48, 3), number, np.uint8)
            container.mux(track.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(track.encode())
    return path.read_bytes()


def playlist(*parts):
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1"]
    for part in parts:
        lines += ["#EXTINF:1.0,", part]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


def test_a_redirect_within_the_host_is_followed(camera):
    camera.answers |= {"/old": "/older?key=secret", "/older": f"{camera.url}/video"}
    assert count_frames(with_login(f"{camera.url}/old")) == 20


def test_a_redirect_to_another_host_is_refused_and_named_without_secrets(camera, other):
    camera.answers["/old"] = f"{other.url}/video?key=secret"
    with pytest.raises(
        AbnormalError, match=r"another host, http://127\.0\.0\.2:.*--allow-redirects"
    ):
        count_frames(with_login(f"{camera.url}/old"))
    assert other.asked == []


def test_a_redirect_to_another_host_is_followed_if_that_is_allowed(camera, other):
    camera.answers["/old"] = f"{other.url}/video"
    assert count_frames(f"{camera.url}/old", allow_redirects=True) == 20


@pytest.mark.parametrize("allowed", [False, True])
def test_a_camera_never_leads_to_a_file(camera, tmp_path, allowed):
    (tmp_path / "a.mjpeg").write_bytes(JPEG * 30)
    camera.answers |= {"/old": f"file://{tmp_path}/a.mjpeg"}
    camera.answers["/list.m3u8"] = playlist(f"file://{tmp_path}/a.mjpeg")
    for path in ("/old", "/list.m3u8"):
        frames = 0
        with contextlib.suppress(AbnormalError):
            frames = count_frames(camera.url + path, allowed)
        assert frames == 0


def test_a_circle_of_redirects_ends(camera):
    camera.answers["/old"] = "/old"
    with pytest.raises(AbnormalError, match="redirects more than 5 times"):
        count_frames(f"{camera.url}/old")


def test_a_playlist_within_the_host_is_played(camera, segment):
    camera.answers |= {"/a.ts": segment, "/list.m3u8": playlist("a.ts")}
    assert count_frames(f"{camera.url}/list.m3u8") == 20


def test_the_parts_of_a_playlist_that_goes_on_for_years_are_not_all_remembered(camera, segment):
    parts = [f"a.ts?token={number:09d}" for number in range(3)]
    camera.answers |= {"/a.ts": segment, "/list.m3u8": playlist(*parts)}
    known = dict(urls._known)
    assert count_frames(f"{camera.url}/list.m3u8") == 20
    assert urls._known == known


@pytest.mark.parametrize("allowed", [False, True])
def test_a_playlist_leads_to_another_host_only_if_that_is_allowed(camera, other, segment, allowed):
    other.answers["/a.ts"] = segment
    camera.answers["/list.m3u8"] = playlist(f"{other.url}/a.ts")
    if allowed:
        assert count_frames(f"{camera.url}/list.m3u8", allowed) == 20
        return
    with pytest.raises(AbnormalError, match="leads to another host"):
        count_frames(f"{camera.url}/list.m3u8")
    assert other.asked == []


def test_a_redirect_of_rtsp_to_another_host_is_refused(other):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.recv(4096)
                        to = other.url.replace("http", "rtsp")
                        connection.sendall(
                            f"RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: {to}/a\r\n\r\n".encode()
                        )

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(AbnormalError, match=r"another host, rtsp://127\.0\.0\.2"):
            count_frames(f"rtsp://127.0.0.1:{server.getsockname()[1]}/a")
    assert other.asked == []


@pytest.mark.parametrize("answer", [b"", b"R"])
def test_an_rtsp_server_that_never_answers_is_given_up(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                while connection.send(answer or b"\0") and answer:
                    threading.Event().wait(0.02)
                threading.Event().wait(3)

        threading.Thread(target=drip, daemon=True).start()
        address = f"rtsp://127.0.0.1:{server.getsockname()[1]}/a"
        with (
            pytest.raises(AbnormalError, match="nothing came in time"),
            open_camera(address, 0.5),
        ):
            pass
