import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class MjpegCamera:
    """A camera on the loopback address that goes on whether anybody looks or not."""

    def __init__(self, jpegs, fps, port=0):
        self.jpegs, self.fps = jpegs, fps
        self.begun_utc, self._begun = time.time(), time.monotonic()
        self.port, self.path = port, "/stream.mjpg"
        self.frozen = False
        self.requests = []
        self._alive = False
        self.revive()

    def revive(self):
        """Answers again, on the same port."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                camera.requests.append(self.path)
                self.send_response(200)
                kind = "multipart/x-mixed-replace; boundary=frame"
                self.send_header("Content-Type", kind)
                self.end_headers()
                camera._send(self.wfile)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that has gone is no error of a camera

        self._alive = True
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def kill(self):
        """Breaks all connections and takes no new one."""
        self._alive = False
        self._server.shutdown()
        self._server.server_close()

    def url(self, user=""):
        return f"http://{user}127.0.0.1:{self.port}{self.path}"

    def _send(self, file):
        number = int((time.monotonic() - self._begun) * self.fps) + 1
        while self._alive:
            time.sleep(max(0, self._begun + number / self.fps - time.monotonic()))
            if self.frozen:
                number = int((time.monotonic() - self._begun) * self.fps) + 1
                continue
            jpeg = self.jpegs[number % len(self.jpegs)]
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            file.write(head.encode() + jpeg + b"\r\n")
            number += 1


@pytest.fixture
def mjpeg_camera():
    """Makes cameras from JPEG pictures; they end with the test."""
    cameras = []

    def make(jpegs, fps):
        cameras.append(MjpegCamera(jpegs, fps))
        return cameras[-1]

    yield make
    for camera in cameras:
        if camera._alive:
            camera.kill()
