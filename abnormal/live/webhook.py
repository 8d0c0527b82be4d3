"""Sends events to a URL by HTTP POST."""

import urllib.error
import urllib.parse
from contextlib import AbstractContextManager
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.live.event import SendEvent
from abnormal.live.outbox import Outbox
from abnormal.live.sender import (
    FIRST_WAIT_SEC,
    LONGEST_WAIT_SEC,
    Receiver,
    RefusedError,
    Sender,
    running,
)
from abnormal.urls import Url, parse_url
from abnormal.web import http_request, open_request, require_http

TIMEOUT_SEC = 10.0
"""How long to wait for the connection, and then for the head of the answer, in seconds."""
RETRY_STATUSES = (408, 429)
"""Answers of the kind 4xx that may not last; the others refuse a message for good."""


def open_webhook(url: str, output: Path) -> AbstractContextManager[SendEvent]:
    """Sends events to a URL for the length of a `with` block, first those of an earlier run.

    Args:
        url: An `http://` or `https://` URL.
        output: The folder of results; messages wait in its folder `webhook`.

    Raises:
        AbnormalError: The folder cannot be written to, or the URL is none.
    """
    return running(make_webhook(url, output / "webhook"))


def make_webhook(
    url: str, folder: Path, waits_sec: tuple[float, float] = (FIRST_WAIT_SEC, LONGEST_WAIT_SEC)
) -> Sender:
    """Makes the thread that sends the messages in a folder to a URL.

    Args:
        url: An `http://` or `https://` URL.
        folder: The folder in which messages wait.
        waits_sec: The first and the longest wait before another attempt, in seconds.

    Raises:
        AbnormalError: The folder cannot be written to, or the URL is none.
    """
    parsed = parse_url(url, "--webhook")
    require_http(parsed, "--webhook")
    try:
        http_request(parsed)
    except UnicodeError:
        raise AbnormalError(f"--webhook {parsed.shown} has no valid name of a host.") from None
    return Sender(Outbox(folder), Webhook(parsed), waits_sec)


class Webhook(Receiver):
    """Receives each message as a POST."""

    def __init__(self, url: Url) -> None:
        """Sends nothing yet.

        Args:
            url: An `http://` or `https://` address; its user name and password become a header.
        """
        super().__init__(f"the webhook {url.shown}")
        self._url = url

    def deliver(self, key: str, body: bytes) -> None:
        """Sends one message, and returns when the receiver has taken it; see `Receiver`."""
        status = _post(self._url, key, body)
        if status in RETRY_STATUSES or status >= 500:
            raise OSError(f"it answers {status}")
        if not 200 <= status < 300:
            raise RefusedError(f"answers {status}")


def _post(url: Url, key: str, body: bytes) -> int:
    """Posts a message and returns the status code of the answer."""
    request = http_request(url, body)
    request.add_header("Content-Type", "application/json")
    request.add_header("Idempotency-Key", urllib.parse.quote(key))  # headers are in ASCII
    try:
        with open_request(request, TIMEOUT_SEC) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code
