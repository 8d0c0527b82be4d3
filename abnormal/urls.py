"""The addresses of cameras, receivers and mirrors, and the filter that keeps their secrets.

An address may hold a password before its host, in its path, or after a `?`. Therefore only scheme,
host and port are shown of an address, and every text that leaves the program passes
`without_secrets`, which knows the secrets of all addresses that it was told about.
"""

import ipaddress
import json
import re
import urllib.parse
from collections.abc import Iterator
from typing import NamedTuple

from abnormal.errors import AbnormalError

HIDDEN = "***"
"""Takes the place of a secret in texts."""
SHORTEST_SECRET = 4
"""A shorter password is hidden in addresses, but not where it stands alone in a text."""

STREAM_SCHEMES = (
    *("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "rtmpt"),
    *("mmsh", "mmst", "rtp", "srt", "srtp", "tcp", "udp"),
)
"""Schemes of addresses at which a camera may be; FFmpeg knows others, among them those of files."""

_START = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LOGIN = re.compile(rf"[^\s:@]+:(.{{{SHORTEST_SECRET},}})@")
_HOST = re.compile(r"(\[[\w:.%]+\]|[\w.-]*)(?::([0-9]{1,5}))?")
_USER = re.compile(r"([a-z][a-z0-9+.-]*://)[^/?#\s'\"]*@", re.IGNORECASE)
_QUERY = re.compile(r"([a-z][a-z0-9+.-]*://[^?#\s'\"]*)[?#][^\s'\"]*", re.IGNORECASE)

_known: dict[str, str] = {}
"""By each secret that this process was told about, what is shown in its place."""


class Url(NamedTuple):
    """The parts of an address.

    Attributes:
        scheme: In small letters, such as `rtsp`.
        user: User name and password as they are given, separated by `:`; empty if there are none.
        host: Name or IP address of the host; an IPv6 address has its brackets. Empty in addresses
            at which this machine listens, such as `udp://:5004`.
        port: Number of the port; None for the usual one of the scheme.
        tail: Path, query and fragment as they are given; may be empty.
    """

    scheme: str
    user: str
    host: str
    port: int | None
    tail: str

    @property
    def place(self) -> str:
        """Host and port, or an empty string if they may be part of a password.

        A password that contains a `/` moves the end of the host: `rtsp://me:1/2@gate` begins like
        the address of a host `me`.
        """
        if "@" in self.tail:
            return ""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def shown(self) -> str:
        """The part of the address that may be shown."""
        return f"{self.scheme}://{self.place or '...'}"

    @property
    def login(self) -> tuple[str, str] | None:
        """User name and password as they are meant, without `%20` and the like; None if missing."""
        user, _, password = self.user.partition(":")
        return (urllib.parse.unquote(user), urllib.parse.unquote(password)) if self.user else None


def parse_url(text: str, name: str) -> Url:
    """Takes an address of the user's apart, and tells the filter about its secrets.

    Args:
        text: The address.
        name: What the address belongs to, for the message, as it is not shown itself.

    Raises:
        AbnormalError: What should be its host cannot be one, or its port is no number up to 65535.
    """
    remember_secrets(text)
    return parse_location(text, name)


def parse_location(text: str, name: str) -> Url:
    """Takes an address apart that a camera leads to; see `parse_url`.

    The filter is not told, as there is no end to such addresses: a playlist has a new one every few
    seconds. Show nothing but `Url.shown` of them.
    """
    if url := _parse(text):
        return url
    raise AbnormalError(
        f"The address of {name} cannot be understood. Expected: SCHEME://USER:PASSWORD@HOST:PORT/"
        "PATH. In user name and password, write / as %2F, ? as %3F, # as %23 and @ as %40."
    )


def remember_secrets(text: str) -> None:
    """Tells the filter about the address that a text, such as an argument, ends with, if any.

    Its scheme may be missing or have one slash too few, which makes it a path for everybody else.
    """
    found = _START.search(text)
    if not found:
        if login := _LOGIN.search(text):
            _add_secret(login[1], HIDDEN)
        return
    address = text[found.start() :]
    url = _parse(address)
    _add_secret(address, url.shown if url else f"{found[0]}...")
    for secret in _secrets(address[found.end() - found.start() :]):
        _add_secret(secret, HIDDEN)


def without_secrets(text: str) -> str:
    """Hides all known secrets in a text, and user name, password and query of other addresses."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, _known[secret])
    return _QUERY.sub(r"\1", _USER.sub(r"\1", text))


def _parse(text: str) -> Url | None:
    start = _START.match(text)
    if not start:
        return None
    rest = text[start.end() :]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, _, host = authority.rpartition("@")
    found = _HOST.fullmatch(host)
    if not found or int(found[2] or 0) > 65535 or not _is_host(found[1]):
        return None
    port = int(found[2]) if found[2] else None
    return Url(start[0][:-3].lower(), user, found[1], port, rest[len(authority) :])


def _is_host(host: str) -> bool:
    """Whether what is in brackets, if there are any, is an IPv6 address."""
    try:
        return not host.startswith("[") or bool(ipaddress.IPv6Address(host.strip("[]")))
    except ValueError:
        return False


def _add_secret(secret: str, shown: str) -> None:
    """Adds a secret in all the forms in which libraries and messages write texts."""
    decoded = urllib.parse.unquote_plus(secret), urllib.parse.unquote(secret)
    for plain in {secret, *decoded}:
        quoted = {urllib.parse.quote(plain, safe, errors="surrogateescape") for safe in ("/", "")}
        forms = {plain, *quoted}
        forms |= {json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]}
        forms |= {repr(plain)[1:-1], re.sub("/+", "/", plain)}  # the latter is that of a path
        _known.update({form: shown for form in forms if len(form) >= SHORTEST_SECRET})


def _secrets(rest: str) -> Iterator[str]:
    """Yields what may be a secret in an address without its scheme, wherever its host may be."""
    user, at, _ = rest.rpartition("@")
    if at:
        yield user
        password = user.partition(":")[2]
        if len(password) >= SHORTEST_SECRET:
            yield password
    for part in re.split(r"[?#&]", rest)[1:] + re.split(r"[/?#&;]", rest)[1:]:
        _, is_value, value = part.partition("=")
        if (is_value and len(value) >= SHORTEST_SECRET) or _is_random(part):
            yield value or part


def _is_random(word: str) -> bool:
    """Whether a part of a path may be a token rather than a name such as `stream1`."""
    return len(word) >= 8 and bool(re.search(r"[A-Z]", word) and re.search(r"\d|[a-z]", word))
