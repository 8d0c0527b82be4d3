"""The stream of server-sent events that keeps open pages up to date.

It carries an event whenever one has changed, with the number of the change as its id, and every two
seconds what there is to know about the cameras. A client that was away sends the last id that it
knows, and gets all changes since then.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from abnormal.live.page.history import Entry, EventHistory

TICK_SEC = 2.0
"""The cameras are reported every so many seconds, which also keeps the connection alive."""


class Stream:
    """Wakes the clients when there is something new; each then reads the history for itself.

    Attributes:
        clients: Number of clients that are connected.
    """

    def __init__(
        self,
        history: EventHistory,
        cameras: Callable[[], list[dict[str, Any]]],
        shown: Callable[[Entry], dict[str, Any]],
    ) -> None:
        """Starts without clients.

        Args:
            history: The events.
            cameras: Returns what there is to know about the cameras, as JSON.
            shown: Returns an event as JSON.
        """
        self._history, self._cameras, self._shown = history, cameras, shown
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._ended = False
        self._tick = -1, ""
        self.clients = 0
        history.changed = self._wake_from_any_thread

    def end(self) -> None:
        """Ends the stream of each client; it may be called from any thread."""
        self._ended = True
        self._wake_from_any_thread()

    async def read(self, last_id: str) -> AsyncIterator[str]:
        """Yields the stream for one client.

        Args:
            last_id: Id of the last change that the client knows; those of other runs and other
                texts stand for none.
        """
        self._loop = asyncio.get_running_loop()
        run, _, number = last_id.partition("-")
        is_known = run == self._history.run and number.isdecimal() and len(number) < 19
        known = int(number) if is_known else 0
        self.clients += 1
        try:
            yield "retry: 2000\n\n"
            while not self._ended:
                news = self._news
                for entry in self._history.since(known):
                    known = entry.number
                    yield _message("event", self._shown(entry), f"{self._history.run}-{known}")
                    await asyncio.sleep(0)  # it may be known only now that the client has gone
                yield self._report()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), TICK_SEC)
        finally:
            self.clients -= 1

    def _report(self) -> str:
        """Returns the report on the cameras, which is the same for all clients for a while."""
        tick = int(asyncio.get_running_loop().time() / TICK_SEC)
        if self._tick[0] != tick:
            self._tick = tick, _message("cameras", self._cameras())
        return self._tick[1]

    def _wake_from_any_thread(self) -> None:
        if self._loop:  # a client has come
            with contextlib.suppress(RuntimeError):  # the page has been closed
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _message(kind: str, data: Any, name: str = "") -> str:
    head = f"id: {name}\n" if name else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data)}\n\n"
