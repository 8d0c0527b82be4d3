"""A camera on the loopback address: JPEG pictures over HTTP one by one, as many cameras do."""

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO


class MjpegCamera:
    """Shows its pictures over and over, whether anybody looks or not.

    Attributes:
        begun_utc: When it showed the first picture, in seconds since 1970.
        port: Where it listens.
        jpegs: The pictures.
        frozen: Whether it keeps its connections, but sends nothing.
        requests: The paths that were asked for.
    """

    def __init__(self, jpegs: Sequence[bytes], fps: float, port: int = 0) -> None:
        """Starts it.

        Args:
            jpegs: The pictures.
            fps: How many of them it shows in a second.
            port: Where to listen; 0 for any free port.
        """
        self.jpegs, self._fps = jpegs, fps
        self.begun_utc, self._begun_sec = time.time(), time.monotonic()
        self.port = port
        self.frozen = False
        self.requests: list[str] = []
        self._alive = False
        self.revive()

    def url(self, user: str = "", query: str = "") -> str:
        """Where it is to be found."""
        return f"http://{user}127.0.0.1:{self.port}/stream.mjpg{query}"

    def kill(self) -> None:
        """Breaks all connections and takes no new one."""
        if self._alive:
            self._alive = False
            self._server.shutdown()
            self._server.server_close()

    def revive(self) -> None:
        """Listens, after a kill on the same port."""
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.requests.append(self.path)
                self.send_response(200)
                kind = "multipart/x-mixed-replace; boundary=frame"
                self.send_header("Content-Type", kind)
                self.end_headers()
                camera._send(self.wfile)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that has gone is no error of a camera

        self._alive = True
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _send(self, file: BinaryIO) -> None:
        number = self.number()
        while self._alive:
            time.sleep(max(0.0, self._begun_sec + number / self._fps - time.monotonic()))
            if self.frozen:
                number = self.number()
                continue
            jpeg = self.jpegs[number % len(self.jpegs)]
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            file.write(head.encode() + jpeg + b"\r\n")
            number += 1

    def number(self) -> int:
        """Of the picture that is to be shown next."""
        return int((time.monotonic() - self._begun_sec) * self._fps) + 1
