"""Events are sent to a URL, each state once, whatever happens to the receiver or to this program.

A message is a file in a folder until the receiver has taken it. The one that has waited longest
goes first, and the others wait for it, so that they arrive in order.
"""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.files import list_folder, make_folder, replacing
from abnormal.live.address import without_secrets
from abnormal.live.event import LiveEvent
from abnormal.live.reader import backoff

TIMEOUT_SEC = 10.0
FIRST_WAIT_SEC, LONGEST_WAIT_SEC = 1.0, 300.0
TRY_AGAIN = (408, 429)
"""Refusals that may not last; others of the kind 4xx would be the same tomorrow."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET."""

    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def post(url: str, key: str, body: bytes) -> int:
    """Sends a message.

    Args:
        url: Where to.
        key: Tells the receiver whether it has it already.
        body: JSON.

    Returns:
        The status of the answer.

    Raises:
        OSError: There was none.
    """
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = urllib.request.Request(url, body, headers, method="POST")
    try:
        with _opener.open(request, timeout=TIMEOUT_SEC) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code
    except http.client.HTTPException as error:
        raise OSError(str(error)) from None


class Webhook(threading.Thread):
    """Sends what lies in a folder, in the order of the names."""

    def __init__(
        self,
        url: str,
        folder: Path,
        say: Callable[[str], None],
        waits_sec: tuple[float, float] = (FIRST_WAIT_SEC, LONGEST_WAIT_SEC),
    ) -> None:
        """Makes the thread; `start` starts it with what an earlier run left.

        Args:
            url: Where to.
            folder: For what waits; what was refused goes to `refused` in it.
            say: Tells a person something.
            waits_sec: The first and the longest wait before a further try.

        Raises:
            AbnormalError: The folder cannot be written to, or the URL is none.
        """
        super().__init__(name="webhook", daemon=True)
        if not url.startswith(("http://", "https://")):
            raise AbnormalError(f"--webhook {without_secrets(url)} is no http:// or https:// URL.")
        self._url, self._folder, self._say, self._waits_sec = url, folder, say, waits_sec
        self._refused = make_folder(folder / "refused")
        self._wake = threading.Event()
        self._stopping = threading.Event()
        last = max((int(path.name.split("-")[0]) for path in self.waiting()), default=0)
        self._next = last + 1

    def __call__(self, event: LiveEvent) -> None:
        """Leaves a state of an event to be sent; it is on the disk when this returns."""
        name = f"{self._next:012d}-{event.id}-{event.state}.json"
        if event.state == "updated":
            name = name.replace("-updated", f"-updated-{event.peak_utc.replace(':', '')}")
        self._next += 1
        with replacing(self._folder / name) as partial:
            partial.write_text(event.as_json(), "utf-8")
        self._wake.set()

    def waiting(self) -> list[Path]:
        """What has not arrived yet, in order."""
        return [path for path in list_folder(self._folder) if path.suffix == ".json"]

    def stop(self, timeout_sec: float) -> None:
        """Ends it; what then still waits is sent by the next run.

        Args:
            timeout_sec: How long to wait for messages that are under way.
        """
        self._stopping.set()
        self._wake.set()
        self.join(timeout_sec)

    def run(self) -> None:
        """Sends and waits."""
        waits = backoff(*self._waits_sec)
        failing = False
        while True:
            self._wake.clear()
            if failing := not self._send_all(failing):
                if self._stopping.wait(next(waits)):
                    return
                continue
            waits = backoff(*self._waits_sec)
            if self._stopping.is_set() and not self.waiting():
                return
            self._wake.wait()

    def _send_all(self, failed: bool) -> bool:
        """Sends what waits; gives False where the receiver does not take it now."""
        for path in self.waiting():
            key = path.stem.split("-", 1)[1]
            try:
                status = post(self._url, key, path.read_bytes())
            except OSError as error:
                return self._wait(failed, without_secrets(str(getattr(error, "reason", error))))
            if status in TRY_AGAIN or status >= 500:
                return self._wait(failed, f"it answers {status}")
            if 200 <= status < 300:
                path.unlink()
            else:
                path.replace(self._refused / path.name)
                shown = without_secrets(self._url)
                self._say(
                    f"warning: the webhook {shown} answers {status} to {key}, which is kept in "
                    f"{self._refused}"
                )
        return True

    def _wait(self, failed: bool, reason: str) -> bool:
        if not failed:
            self._say(
                f"warning: the webhook {without_secrets(self._url)} does not take events "
                f"({reason}); they wait in {self._folder}"
            )
        return False
