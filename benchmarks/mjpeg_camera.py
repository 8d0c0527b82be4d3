"""A camera on the loopback address: JPEG pictures over HTTP one by one, as many cameras do.

    python benchmarks/mjpeg_camera.py demo/img/testing/cart/03 demo/img/testing/runner/01 \
        > cameras.csv

Each folder of pictures is shown over and over by a camera of its own, until Ctrl-C. The table of
the cameras, for `--cameras`, is printed when all of them listen.
"""

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO


def main() -> int:
    """Starts the cameras, prints their table, and waits; 1 if there is nothing to show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of JPEG pictures")
    parser.add_argument("--fps", type=float, default=25, help="pictures in a second (25)")
    parser.add_argument("--port", type=int, default=8091, help="of the first camera (8091); 0: any")
    args = parser.parse_args()
    rows = ["name,source"]
    for number, folder in enumerate(args.folders):
        jpegs = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
        if not jpegs:
            print(f"{folder} has no pictures (*.jpg) that a camera could show", file=sys.stderr)
            return 1
        port = args.port and args.port + number
        try:
            camera = MjpegCamera(jpegs, args.fps, port)
        except OSError as error:
            print(f"port {port}: {error.strerror}; choose another --port", file=sys.stderr)
            return 1
        rows.append(f"{folder.parent.name}-{number + 1},{camera.url()}")
    print("\n".join(rows), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return 130
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
