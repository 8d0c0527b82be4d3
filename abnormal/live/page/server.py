"""Serves the page in a thread of its own, beside the watch, which it can neither stop nor fill up.

There is a limit to the number of connections. A connection that asks for nothing, or does not take
what it has asked for, is closed.
"""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from abnormal.errors import bug_text
from abnormal.live.event import LiveEvent, SendEvent
from abnormal.live.event_log import FILE_NAME, EventLog
from abnormal.live.page.access_token import access_token
from abnormal.live.page.address import (
    LOOPBACK,
    is_loopback,
    listen,
    parse_page_address,
    shown_place,
)
from abnormal.live.page.app import Page, enter
from abnormal.live.page.guard import ENTRANCE, Guard
from abnormal.live.page.history import EventHistory
from abnormal.live.status import Watched
from abnormal.urls import remember_secrets

MOST_CLIENTS = 100
"""Requests on further connections are answered with 503."""
MOST_CONNECTIONS = 200
"""Further connections are closed at once, so that the watch does not run out of file handles."""
IDLE_SEC = 10.0
"""A connection on which no whole request comes is closed after so many seconds."""
STALLED_SEC = 30.0
"""A connection that does not take its answer, or on which no further whole request comes after it,
is closed after so many seconds."""
STOP_SEC = 5.0
"""How long open answers may take at the end, in seconds."""

log = logging.getLogger(__name__)


class BoundedConnection(H11Protocol):
    """A connection that is closed if it only takes up room."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accepts a connection, if there are not too many already."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        self._close_after(IDLE_SEC)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock of a connection that has ended, so that it closes nothing later."""
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handles a part of a request."""
        super().data_received(data)
        if self._is_answering:
            self._go_on()

    def on_response_complete(self) -> None:
        """Waits for the next request, which may have come already."""
        super().on_response_complete()
        if not self._is_answering:
            self._close_after(STALLED_SEC)

    def pause_writing(self) -> None:
        """Handles that the client does not take what it is sent."""
        super().pause_writing()
        self._close_after(STALLED_SEC)

    def resume_writing(self) -> None:
        """Handles that the client takes it again."""
        super().resume_writing()
        self._go_on()
        if not self._is_answering:  # the end of the answer has been taken
            self._close_after(STALLED_SEC)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _close_after(self, seconds: float) -> None:
        self._go_on()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _go_on(self) -> None:
        if self._timer:
            self._timer.cancel()


@contextlib.contextmanager
def open_page(
    address: str, output: Path, watched: Watched, event_log: EventLog | None = None
) -> Iterator[SendEvent]:
    """Serves the page for the length of a `with` block.

    Args:
        address: `HOST:PORT`.
        output: The folder of results.
        watched: What is being watched.
        event_log: The log of the events; what it removes is no longer shown either.

    Yields:
        A function that shows the next state of an event. It never raises.

    Raises:
        AbnormalError: The page cannot be opened at this address, or the token or the events of
            earlier runs cannot be read.
    """
    host = parse_page_address(address).host
    with contextlib.closing(listen(parse_page_address(address))) as listening:
        place = shown_place(host, listening.getsockname()[1])
        token = None if is_loopback(listening) else access_token(output)
        page = Page(output, EventHistory(output / FILE_NAME), watched)
        if event_log:
            event_log.after_cut = page.history.forget
        if token:
            page.app.routes.append(Route(ENTRANCE + "{token}", enter(token, place)))
        hosts = frozenset({host.lower(), "localhost", LOOPBACK, "::1"})
        server = _server(Guard(page.app, place, hosts, token))
        thread = threading.Thread(target=_serve, args=(server, listening), name="page", daemon=True)
        thread.start()
        _tell(place, token)
        try:
            yield _adding(page.history)
        finally:
            page.stream.end()
            server.should_exit = True
            thread.join(STOP_SEC)


def _server(app: Guard) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # what people can mend is told by this package
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CLIENTS,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    try:
        server.run([listening])
    except Exception as error:  # the watch goes on without the page
        log.error("the page is gone: %s", bug_text(error))


def _tell(place: str, token: str | None) -> None:
    """Says where the page is. This is the only time that the token is shown."""
    host, _, port = place.rpartition(":")
    if host in ("0.0.0.0", "[::]"):  # all addresses of this machine
        place = f"{socket.gethostname()}:{port}"
    if token is None:
        log.info("the page is at http://%s/", place)
        return
    log.info("the page is at http://%s%s%s", place, ENTRANCE, token)
    remember_secrets(f"http://{place}/?token={token}")


def _adding(history: EventHistory) -> SendEvent:
    def add(event: LiveEvent) -> None:
        try:
            history.add(event)
        except Exception as error:  # the watch goes on
            log.error("the page does not show %s: %s", event.id, bug_text(error))

    return add
