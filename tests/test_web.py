import contextlib
import http.server
import socket
import threading
import urllib.error

import pytest

from abnormal.errors import AbnormalError
from abnormal.urls import parse_url
from abnormal.web import http_request, open_request, require_http


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("http://münchen.de/ä b?c=ü#d", "http://xn--mnchen-3ya.de/%C3%A4%20b?c=%C3%BC"),
        ("http://me:secret@[::1]:80/a%20b", "http://[::1]:80/a%20b"),
        ("https://host?a=b c", "https://host?a=b%20c"),
    ],
)
def test_a_request_is_in_ascii_and_without_a_password(address, sent):
    assert http_request(parse_url(address, "it")).full_url == sent


@pytest.mark.parametrize("address", ["ftp://host/", "rtsp://host", "http:///path", "udp://:1"])
def test_other_schemes_and_missing_hosts_are_refused(address):
    with pytest.raises(AbnormalError, match="is no http:// or https:// URL"):
        require_http(parse_url(address, "it"), "it")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/" else 302)
        self.send_header("Location", "/")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(b"body")

    def log_message(self, *_):
        pass


@pytest.fixture
def host():
    class Server(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6

    try:
        server = Server(("::1", 0), Handler)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://[::1]:{server.server_address[1]}"
        server.shutdown()


def test_an_answer_is_read_and_redirects_are_followed_only_on_demand(host):
    with open_request(http_request(parse_url(f"{host}/", "it")), 10) as answer:
        assert answer.read() == b"body"
    with open_request(f"{host}/old", 10, redirects=True) as answer:
        assert answer.read() == b"body"
    with pytest.raises(urllib.error.HTTPError) as redirected, open_request(f"{host}/old", 10):
        pass
    redirected.value.close()
    assert redirected.value.code == 302


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "text", [b"H", b"HTTP/1.1 200 OK\r\nA: b\r\n" + b"A: b\r\n" * 9, b"\x16\x03"]
)
def test_a_host_that_drips_is_given_up(scheme, text):
    """Also in the middle of the head, and of the greeting of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                while True:
                    for byte in text:
                        connection.send(bytes([byte]))
                        threading.Event().wait(0.02)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/"
        with contextlib.suppress(OSError), open_request(address, 0.5):
            pass
        thread.join(60)
        assert not thread.is_alive()
