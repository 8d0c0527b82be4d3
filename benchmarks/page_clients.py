"""Clients of the live page: one reads its stream as a browser does, and one never reads."""

import contextlib
import http.client
import json
import socket
import threading
import urllib.parse
from typing import Any


class PageClients:
    """Two clients in a thread of their own.

    Attributes:
        closed: Ids of the events that the reading client has seen closed.
        pictures: How many pictures of cameras it was sent.
    """

    def __init__(self, url: str) -> None:
        """Connects them.

        Args:
            url: Address of the page.
        """
        self._place = urllib.parse.urlsplit(url).netloc
        host, port = self._place.rsplit(":", 1)
        self._deaf = socket.create_connection((host, int(port)))
        self._deaf.sendall(f"GET /stream HTTP/1.1\r\nHost: {self._place}\r\n\r\n".encode())
        self.closed: set[str] = set()
        self.pictures = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits until the program has ended the stream."""
        self._thread.join(30)
        self._deaf.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(self._place)
            connection.request("GET", "/stream")
            kind = ""
            for line in connection.getresponse():
                name, _, value = line.decode().strip().partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self._take(kind, json.loads(value))

    def _take(self, kind: str, data: Any) -> None:
        """Notes events, and asks for the cameras' pictures, as the page in a browser does."""
        if kind == "event" and not data["going_on"]:
            self.closed.add(data["id"])
        if kind == "cameras":
            for camera in data:
                connection = http.client.HTTPConnection(self._place)
                connection.request("GET", f"/cameras/{camera['name']}/picture.jpg")
                self.pictures += connection.getresponse().status == 200
                connection.close()
