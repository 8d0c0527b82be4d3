"""HTTP requests with a time limit for the whole answer, and without redirects.

The time limit of a socket is for a single read. A host that sends a byte a second would hold a
request up for ever.
"""

import contextlib
import http.client
import socket
import threading
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from abnormal.errors import AbnormalError
from abnormal.urls import Url

_USUAL = "/?#[]@!$&'()*+,;=%:"
"""Characters that an address may contain besides letters and digits; others are quoted."""


class _TimedConnection(http.client.HTTPConnection):
    """A connection that is cut when `timeout` seconds have passed, whatever it was doing."""

    _socket: socket.socket | None = None
    _was_cut = False

    def connect(self) -> None:
        super().connect()
        self._socket = self.sock.dup()  # TLS replaces the socket, but not what it is connected to
        self._timer = threading.Timer(float(self.timeout or 0), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self._was_cut = True
        with contextlib.suppress(OSError, AttributeError):  # it may be closed at this moment
            self._socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def getresponse(self) -> http.client.HTTPResponse:
        """Returns the answer when its head is there; reading its body has no common time limit."""
        try:
            return super().getresponse()
        except (OSError, http.client.HTTPException):
            if self._was_cut:
                raise TimeoutError("there is no answer in time") from None
            raise
        finally:
            self._stop_timer()

    def close(self) -> None:
        super().close()
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._socket:
            self._timer.cancel()
            self._socket.close()
            self._socket = None


class _TimedTlsConnection(http.client.HTTPSConnection, _TimedConnection):
    """The same with TLS."""


class _Http(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(_TimedConnection, request)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(_TimedTlsConnection, request)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_direct = urllib.request.build_opener(_Http, _Https, _NoRedirects)
_following = urllib.request.build_opener(_Http, _Https)


def require_http(url: Url, name: str) -> None:
    """Makes sure that an address is one of a host to which requests can be sent.

    Args:
        url: The address.
        name: What it belongs to, for the message.

    Raises:
        AbnormalError: It has another scheme, or no host.
    """
    if url.scheme not in ("http", "https") or not url.host:
        raise AbnormalError(f"{name} {url.shown} is no http:// or https:// URL.")


def http_request(url: Url, data: bytes | None = None) -> urllib.request.Request:
    """Makes a request, with user name and password in a header and the address in ASCII.

    Args:
        url: An `http://` or `https://` address; host and path may be in any script.
        data: The body of a POST; None for a GET.

    Raises:
        UnicodeError: The host is no valid name.
    """
    host = url.host.encode("idna").decode()
    place = host if url.port is None else f"{host}:{url.port}"
    path = urllib.parse.quote(url.tail.partition("#")[0], _USUAL)
    request = urllib.request.Request(f"{url.scheme}://{place}{path}", data)
    if url.login:
        token = b64encode(":".join(url.login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


@contextlib.contextmanager
def open_request(
    request: urllib.request.Request | str, timeout_sec: float, redirects: bool = False
) -> Iterator[Any]:
    """Sends a request, and gives the answer for the length of a `with` block.

    Args:
        request: The request, or the address of a GET.
        timeout_sec: How long to wait for the connection, then for the head of the answer as a
            whole, and then for each read of its body, in seconds.
        redirects: Whether redirects are followed.

    Yields:
        The answer, an `http.client.HTTPResponse`.

    Raises:
        urllib.error.HTTPError: The answer is neither 2xx nor a redirect that is followed.
        OSError: There is no answer in time, or it is not one of HTTP.
    """
    opener = _following if redirects else _direct
    try:
        answer = opener.open(request, timeout=timeout_sec)
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(str(error)) from None
    with answer:
        yield answer
