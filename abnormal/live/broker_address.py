"""The address of an MQTT broker, which also says under which topics this program publishes."""

import importlib.util
import urllib.parse
from typing import NamedTuple

from abnormal.commands import install_command
from abnormal.errors import AbnormalError
from abnormal.urls import Url, parse_url

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""The usual port of each scheme."""
PREFIX = "abnormal"
"""What all topics begin with, unless the address says otherwise."""
LONGEST_PREFIX_BYTES = 200


class BrokerAddress(NamedTuple):
    """Where a broker is.

    Attributes:
        host: Name or IP address, in ASCII and without brackets.
        port: Number of the port, from 1.
        has_tls: Whether the connection is encrypted, and the broker's certificate is checked.
        login: User name and password; None if there are none.
        prefix: What all topics of this program begin with; without a `/` at either end.
        shown: The part of the address that may be shown.
    """

    host: str
    port: int
    has_tls: bool
    login: tuple[str, str] | None
    prefix: str
    shown: str

    @property
    def client_id(self) -> str:
        """The name of this program at the broker.

        It belongs to the topics, because a broker ends the older one of two connections with the
        same name. The will of a connection that is lost, but not yet for the broker, then comes
        before what the next connection publishes, and two programs that use the same topics notice.
        """
        return urllib.parse.quote(self.prefix, safe="")


def require_broker_address(text: str) -> BrokerAddress:
    """Makes sure that the value of `--mqtt` can be used, and takes it apart.

    Raises:
        AbnormalError: It is no address of a broker, or the library for MQTT is missing.
    """
    if importlib.util.find_spec("paho") is None:
        raise AbnormalError(
            f"--mqtt needs a library. Install it with `{install_command('mqtt')}`, or leave --mqtt "
            "out."
        )
    return parse_broker_address(text)


def parse_broker_address(text: str) -> BrokerAddress:
    """Takes the value of `--mqtt` apart, and tells the filter of texts about its secrets.

    Args:
        text: Such as `mqtts://USER:PASSWORD@HOST:PORT/PREFIX`.

    Raises:
        AbnormalError: It is not such an address.
    """
    url = parse_url(text, "--mqtt")
    host, port = _ascii_host(url), PORTS.get(url.scheme, 0) if url.port is None else url.port
    prefix = urllib.parse.unquote(url.tail).strip("/") or PREFIX
    if url.scheme not in PORTS or not host or not port or set("?#@") & set(url.tail):
        raise AbnormalError(
            f"--mqtt {url.shown} is no address of a broker. Expected: "
            "mqtt://USER:PASSWORD@HOST:PORT/TOPICS, or mqtts:// for TLS; all but the host may be "
            "left out. In TOPICS, write ? as %3F and @ as %40."
        )
    is_long = len(prefix.encode(errors="replace")) > LONGEST_PREFIX_BYTES
    if is_long or not prefix.isprintable() or set("+#") & set(prefix) or prefix.startswith("$"):
        raise AbnormalError(
            f"--mqtt {url.shown}: topics cannot begin with its path. Expected: a path such as "
            "/house/cameras, without + and #, not beginning with $, and of at most "
            f"{LONGEST_PREFIX_BYTES} bytes."
        )
    return BrokerAddress(host, port, url.scheme == "mqtts", url.login, prefix, url.shown)


def _ascii_host(url: Url) -> str:
    """Returns the host in ASCII, without the brackets of an IPv6 address; empty if it is none."""
    try:
        return url.host.strip("[]").encode("idna").decode()
    except UnicodeError:
        return ""
