"""Lets only those see the page who may, and only its own buttons change anything.

Without a token, the page is for this machine alone. A page of another site, open in the same
browser, could then reach it in two ways: by a name of its own that leads to 127.0.0.1, which the
check of the header `Host` refuses, and by a form or a script that sends a request to it, which the
checks of `Origin` and `Content-Type` refuse.
"""

import hmac
import urllib.parse

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_TO_ALL = ("/healthz",)
"""Paths that need no token."""
ENTRANCE = "/token/"
"""Whoever opens this path with the token behind it gets a cookie, and the page."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The page loads and runs nothing but its own files."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Checks each request before the page answers it, and adds headers to the answer."""

    def __init__(self, app: ASGIApp, place: str, hosts: frozenset[str], token: str | None) -> None:
        """Makes the guard of a page.

        Args:
            app: The page.
            place: Host and port at which it is served.
            hosts: Names of the host by which the page may be called if it needs no token.
            token: The token; None if it needs none.
        """
        self._app, self._place, self._hosts, self._token = app, place, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request by ASGI."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if scope["type"] != "http":  # there are no web sockets
            return
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        if self._token is None and _host_of(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse(f"This page is at http://{self._place}/.\n", 421)
        is_open = path in OPEN_TO_ALL or path.startswith(ENTRANCE)
        if not is_open and not self._has_token(headers):
            return PlainTextResponse(
                "This page needs its token. Open the address with /token/ in it that the program "
                "printed at its start; the token is also in the file page-token in the folder of "
                "results.\n",
                401,
                {"WWW-Authenticate": "Bearer"},
            )
        if scope["method"] in ("GET", "HEAD"):
            return None
        origin = headers.get("origin")
        if origin is not None and _place_of(origin) != headers.get("host"):
            return PlainTextResponse(
                "This comes from another site, or a proxy does not pass on the header Host.\n", 403
            )
        if headers.get("content-type") != "application/json":
            return PlainTextResponse("Expected: Content-Type: application/json.\n", 415)
        return None

    def _has_token(self, headers: Headers) -> bool:
        if self._token is None:
            return True
        cookie = cookie_parser(headers.get("cookie", "")).get(cookie_name(self._place), "")
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return any(same(given, self._token) for given in (cookie, bearer))


def cookie_name(place: str) -> str:
    """Returns the name of the cookie, of which each port has its own."""
    return f"abnormal-{place.rpartition(':')[2]}"


def same(given: str, token: str) -> bool:
    """Compares a token with the right one, in a time that does not tell how much is right."""
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())


def _place_of(origin: str) -> str:
    """Returns host and port in a header `Origin`; empty if there are none."""
    try:
        return urllib.parse.urlsplit(origin).netloc
    except ValueError:
        return ""


def _host_of(header: str) -> str:
    """Returns the host in a header `Host`, without the port; an IPv6 address has no brackets."""
    try:
        return (urllib.parse.urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""
