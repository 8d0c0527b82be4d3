"""Where the page is served: the address of `--page`, and the socket that listens there."""

import importlib.util
import ipaddress
import re
import socket
from dataclasses import dataclass

from abnormal.commands import install_command
from abnormal.errors import AbnormalError
from abnormal.reading import reason

LOOPBACK = "127.0.0.1"

_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.%\w]+\]|[\w.-]+):)?([0-9]{1,5})")


@dataclass(frozen=True)
class PageAddress:
    """Where the page is served.

    Attributes:
        host: Name or IP address of this machine, without brackets.
        port: Number of the port; 0 for any that is free.
    """

    host: str
    port: int


def parse_page_address(text: str) -> PageAddress:
    """Parses the value of `--page`: `HOST:PORT`, or a port of this machine alone.

    Raises:
        AbnormalError: It is no such address.
    """
    found = _ADDRESS.fullmatch(text)
    if not found or int(found[2]) > 65535:
        raise AbnormalError(
            f"--page {text} is no address. Expected: HOST:PORT, such as 127.0.0.1:8080, with the "
            "address of this machine at which the page is to be reached."
        )
    return PageAddress((found[1] or LOOPBACK).strip("[]"), int(found[2]))


def require_page(text: str) -> None:
    """Makes sure that a page can be served, as far as that is known before anything is loaded.

    Raises:
        AbnormalError: The address is none, or a library is not installed.
    """
    parse_page_address(text)
    if missing := [one for one in ("starlette", "uvicorn") if not importlib.util.find_spec(one)]:
        raise AbnormalError(
            f"--page needs {' and '.join(missing)}, which is not installed. Install it with "
            f"`{install_command('page')}`, or leave --page out."
        )


def listen(address: PageAddress) -> socket.socket:
    """Opens the socket at which the page is served.

    Raises:
        AbnormalError: The address is not of this machine, or its port is taken or not allowed.
    """
    try:
        family, *_, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(place[:2], family=family, backlog=64)
    except (OSError, UnicodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is no name of a host"
        raise AbnormalError(
            f"--page {shown_place(address.host, address.port)} cannot be opened: {why}. Expected: "
            "an address of this machine, and a port that no other program uses."
        ) from None


def is_loopback(listening: socket.socket) -> bool:
    """Returns whether only programs of this machine can reach a socket."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def shown_place(host: str, port: int) -> str:
    """Returns host and port as they are written in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
