import importlib.util
import socket

import pytest

from abnormal.errors import AbnormalError
from abnormal.live.page import address
from abnormal.live.page.address import PageAddress, is_loopback, listen, parse_page_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("8080", "127.0.0.1", 8080),
        ("desk.lan:80", "desk.lan", 80),
        ("[::1]:8080", "::1", 8080),
        ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ("0.0.0.0:0", "0.0.0.0", 0),
    ],
)
def test_an_address_is_a_host_and_a_port_or_a_port_of_this_machine(text, host, port):
    assert parse_page_address(text) == PageAddress(host, port)


@pytest.mark.parametrize(
    "text",
    ["", "here", "host:", ":8080", "host:99999", "http://host:80", "::1:80", "a b:1", "host:80/x"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AbnormalError, match="Expected: HOST:PORT"):
        parse_page_address(text)


@pytest.mark.parametrize(("host", "only_here"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_it_is_known_who_can_reach_it(host, only_here):
    with listen(PageAddress(host, 0)) as listening:
        assert is_loopback(listening) == only_here


def test_a_port_that_is_taken_is_one_line():
    with listen(PageAddress("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(AbnormalError, match=rf"127.0.0.1:{port} .*Address already in use"):
            listen(PageAddress("127.0.0.1", port))


@pytest.mark.parametrize(
    "error", [socket.gaierror(-2, "Name or service not known"), OSError(99, "Cannot assign")]
)
def test_an_address_of_another_machine_is_one_line(error, monkeypatch):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(AbnormalError, match=r"desk.lan:80 cannot be opened: (Name|Cannot) .*Exp"):
        listen(PageAddress("desk.lan", 80))


def test_what_is_not_installed_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(AbnormalError, match=r"starlette and uvicorn.*pip install '.*\[page\]'"):
        address.require_page("8080")
