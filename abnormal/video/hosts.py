"""Keeps a camera's stream at its own host.

FFmpeg follows redirects and playlists to any host, so that a camera could make this machine connect
to others in its network. It is therefore told not to. Redirects within the host are followed here.
"""

import contextlib
import socket
import time
import urllib.error
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

import av

from abnormal.errors import AbnormalError
from abnormal.urls import STREAM_SCHEMES, Url, parse_location
from abnormal.web import http_request, open_request

PROTOCOLS = ",".join([*STREAM_SCHEMES, "crypto", "httpproxy", "tls"])
"""FFmpeg's protocols of networks. Without the others, a camera cannot lead to a local file."""

MOST_REDIRECTS = 5
"""So many redirects within a host are followed in a row."""
LONGEST_PART_SEC = 60.0
"""A part of a playlist may take so many seconds."""

_PLAYLISTS = {"concat", "dash", "hls", "imf", "sap", "sdp", "webm_dash_manifest"}
"""FFmpeg's formats that name other addresses or files."""
SELF_CONTAINED = ",".join(sorted(av.formats_available - _PLAYLISTS))
"""All other formats, as FFmpeg's option `format_whitelist` takes them."""
_STRICT = {"max_redirects": "0", "format_whitelist": SELF_CONTAINED}
_PLAYLIST = {
    "format_whitelist": f"{SELF_CONTAINED},hls",
    "http_persistent": "0",  # FFmpeg aborts the process if it should keep a connection of ours
    "http_multiple": "0",
}

OpenAddress = Callable[..., Any]
"""`av.open` with the time limits of a camera."""


def open_at_host(address: str, open_address: OpenAddress, timeout_sec: float) -> Any:
    """Opens a stream, and follows redirects and playlists that stay at its host.

    A redirect of RTSP is seen only without TLS, and before the camera asks for a password.

    Args:
        address: A URL.
        open_address: Opens an address with FFmpeg, given further options and arguments.
        timeout_sec: How long to wait for each answer, in seconds.

    Returns:
        The open container.

    Raises:
        AbnormalError: The stream leads to another host.
        FFmpegError: It cannot be opened.
    """
    for _ in range(MOST_REDIRECTS + 1):
        url = parse_location(address, "the camera")
        try:
            if url.scheme == "rtsp" and (location := _rtsp_location(url, timeout_sec)):
                address = _at_same_host(url, address, location)
                continue
            return open_address(address, _STRICT)
        except av.error.ArgumentError:
            if not url.scheme.startswith("http"):
                raise
            part_of = _PlaylistParts(url, timeout_sec)
            return open_address(address, _PLAYLIST, io_open=part_of)
        except av.error.ExitError:  # nothing came in time, so that asking again would not help
            raise
        except (av.error.FFmpegError, OSError):
            location = _http_location(url, timeout_sec) if url.scheme.startswith("http") else ""
            if not location:
                raise
            address = _at_same_host(url, address, location)
    raise AbnormalError(f"it redirects more than {MOST_REDIRECTS} times")


def _at_same_host(url: Url, address: str, location: str) -> str:
    """Returns the address to which a redirect leads, with the user and password of the camera."""
    target = parse_location(urllib.parse.urljoin(address, location), "the redirect")
    if not _is_same_host(url, target):
        raise AbnormalError(
            f"it redirects to another host, {target.shown}, which --allow-redirects permits"
        )
    user = f"{url.user}@" if url.user else ""
    return f"{target.scheme}://{user}{target.place}{target.tail}"


def _is_same_host(url: Url, target: Url) -> bool:
    schemes = {url.scheme, f"{url.scheme.removesuffix('s')}s"}  # never from TLS to plain text
    return (
        bool(target.place) and target.scheme in schemes and target.host.lower() == url.host.lower()
    )


def _http_location(url: Url, timeout_sec: float) -> str:
    """Returns where a GET is redirected to; empty if it is not."""
    try:
        with open_request(http_request(url), timeout_sec):
            return ""
    except urllib.error.HTTPError as answer:
        with answer:
            return (answer.headers.get("Location") or "") if 300 <= answer.code < 400 else ""
    except (OSError, UnicodeError):
        return ""


def _rtsp_location(url: Url, timeout_sec: float) -> str:
    """Returns where a DESCRIBE is redirected to; empty if it is not."""
    place = url.host.strip("[]"), url.port or 554
    address = f"rtsp://{url.place or url.host}{url.tail}"
    question = f"DESCRIBE {address} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    head, deadline = b"", time.monotonic() + timeout_sec
    try:
        with socket.create_connection(place, timeout_sec) as connection:
            connection.sendall(question.encode())
            while b"\r\n\r\n" not in head and len(head) < 2**16:
                if time.monotonic() > deadline:
                    raise TimeoutError
                if not (received := connection.recv(4096)):
                    break
                head += received
    except TimeoutError:
        raise AbnormalError("nothing came in time") from None
    except (OSError, UnicodeError):
        return ""
    status, *lines = head.decode("latin-1").split("\r\n")
    if not status.startswith("RTSP/1.0 3"):
        return ""
    fields = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in fields if name.lower() == "location"), "")


class _PlaylistParts:
    """Opens the parts of a playlist for FFmpeg, if they are at the playlist's host."""

    def __init__(self, url: Url, timeout_sec: float) -> None:
        self._url, self._timeout_sec = url, timeout_sec

    def __call__(self, address: str, flags: int, options: Mapping[str, str]) -> "_Part":
        del flags, options
        part = parse_location(address, "a part of the playlist")
        if not _is_same_host(self._url, part):
            raise AbnormalError(
                f"its playlist leads to another host, {part.shown}, which --allow-redirects permits"
            )
        return _Part(part, self._timeout_sec)


class _Part:
    """An answer of HTTP that is read as it comes."""

    def __init__(self, url: Url, timeout_sec: float) -> None:
        self._deadline = time.monotonic() + LONGEST_PART_SEC
        self._opened = contextlib.ExitStack()
        self._answer = self._opened.enter_context(open_request(http_request(url), timeout_sec))

    def read(self, size: int) -> bytes:
        if time.monotonic() > self._deadline:
            raise TimeoutError("a part of the playlist takes too long")
        return self._answer.read1(size)

    def close(self) -> None:
        self._opened.close()
