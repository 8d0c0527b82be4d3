"""Events are sent to a URL by HTTP POST."""

import http.client
import urllib.error
import urllib.request
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.live.address import without_secrets
from abnormal.live.event import Tell
from abnormal.live.outbox import Outbox
from abnormal.live.sender import (
    FIRST_WAIT_SEC,
    LONGEST_WAIT_SEC,
    RefusedError,
    Sender,
    started,
)

TIMEOUT_SEC = 10.0
TRY_AGAIN = (408, 429)
"""Refusals that may not last; others of the kind 4xx would be the same tomorrow."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET."""

    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def open_webhook(url: str, output: Path) -> AbstractContextManager[Tell]:
    """Sends events to a URL for the length of a `with` block, and what an earlier run left.

    Args:
        url: Where to.
        output: The folder of results; messages wait in `webhook` in it.

    Raises:
        AbnormalError: The folder cannot be written to, or the URL is none.
    """
    return started(make_webhook(url, output / "webhook"))


def make_webhook(
    url: str, folder: Path, waits_sec: tuple[float, float] = (FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
) -> Sender:
    """Makes the thread that sends what waits in a folder to a URL.

    Args:
        url: Where to.
        folder: Where messages wait.
        waits_sec: The first and the longest wait before a further try.

    Raises:
        AbnormalError: The folder cannot be written to, or the URL is none.
    """
    shown = without_secrets(url)
    if not url.startswith(("http://", "https://")):
        raise AbnormalError(f"--webhook {shown} is no http:// or https:// URL.")
    return Sender(Outbox(folder), partial(deliver, url), f"the webhook {shown}", waits_sec)


def deliver(url: str, key: str, body: bytes) -> None:
    """Sends one message.

    Args:
        url: Where to.
        key: Tells the receiver whether it has the message already.
        body: JSON.

    Raises:
        RefusedError: The receiver would not take it later either.
        OSError: There was no answer, or one that may be different later.
    """
    status = _post(url, key, body)
    if status in TRY_AGAIN or status >= 500:
        raise OSError(f"it answers {status}")
    if not 200 <= status < 300:
        raise RefusedError(f"answers {status}")


def _post(url: str, key: str, body: bytes) -> int:
    """The status of the answer."""
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
