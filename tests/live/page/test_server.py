"""Clients that never read, go away or are too many, a fault of the page, and its end."""

import socket
import struct
import threading
import time

import pytest

from abnormal.errors import AbnormalError
from abnormal.live.page import server


def test_clients_that_never_read_hold_up_nobody_and_are_closed(watch, make_event, monkeypatch):
    monkeypatch.setattr(server, "STALLED_SEC", 0.5)
    for number in range(400):
        watch.tell(make_event(number, detail="x" * 9000))
    address = watch.connect()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        deaf.connect((address.host, address.port))
        deaf.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: clients_of(watch) == 1)
        stream = watch.follow()
        watch.tell(make_event(400))
        while stream.next_event()[1]["id"] != "gate-400-anomaly":
            pass
        wait_until(lambda: clients_of(watch) == 1)


def test_a_client_that_goes_away_is_sent_no_more(watch, make_event, monkeypatch, caplog):
    for number in range(300):
        watch.tell(make_event(number))
    address, asked = watch.connect(), []
    one = socket.create_connection((address.host, address.port))
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def ids():
        asked.append(1)
        if len(asked) == 20:  # its first events have been written
            one.close()
        return frozenset()

    monkeypatch.setattr(watch.watched.dismissals, "ids", ids)
    one.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: len(asked) >= 20)
    wait_until(lambda: clients_of(watch) == 0)
    assert len(asked) < 100
    assert caplog.messages[1:] == []  # after the address of the page


def clients_of(watch):
    lines = watch.ask("/metrics")[2].decode().splitlines()
    return int(next(line for line in lines if line.startswith("abnormal_page_clients")).split()[1])


def wait_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_too_many_clients_are_told_so_and_those_that_say_nothing_are_closed(watch, monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 30)
    monkeypatch.setattr(server, "IDLE_SEC", 1.0)
    address = watch.connect()
    connections = [socket.create_connection((address.host, address.port)) for _ in range(60)]
    try:
        for one in connections:
            one.settimeout(20)
        closed_at_once = closed(connections[30:])
        assert closed_at_once == 30
        assert closed(connections[:30]) == 30  # after a while
        assert watch.ask("/healthz")[0] == 200
    finally:
        for one in connections:
            one.close()


def test_half_a_request_is_waited_for_no_longer_after_a_whole_one(watch, monkeypatch):
    monkeypatch.setattr(server, "STALLED_SEC", 0.5)
    monkeypatch.setattr("abnormal.live.page.stream.TICK_SEC", 0.7)
    address, whole = watch.connect(), b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection((address.host, address.port), timeout=20) as one:
        for _ in range(2):
            one.sendall(whole)
            answer = b""
            while not answer.endswith(b"ok\n"):
                answer += one.recv(4096)
        stream = watch.follow()  # which goes on for longer
        one.sendall(whole[:20])
        assert closed([one]) == 1
        assert [next(stream)[0] for _ in range(2)] == ["cameras"] * 2


def closed(connections):
    count = 0
    for one in connections:
        try:
            count += one.recv(1) == b""
        except ConnectionResetError:
            count += 1
    return count


def test_requests_above_the_limit_are_answered_with_503(open_watch, monkeypatch):
    monkeypatch.setattr(server, "MOST_CLIENTS", 5)
    with open_watch() as watch:
        streams = [watch.follow() for _ in range(5)]
        for stream in streams[:4]:
            next(stream)
        assert watch.ask("/events")[0] == 503
        for stream in streams[:4]:
            stream.close()
        wait_until(lambda: watch.ask("/events")[0] == 200)


def test_a_fault_of_the_page_is_told_and_the_watch_goes_on(watch, make_event, monkeypatch):
    def broken():
        raise KeyError("a bug")

    watch.watched.cameras[0].curve = broken
    assert watch.ask("/cameras")[0] == 500
    assert watch.lines[-1] == "the page cannot answer /cameras: this is a bug: KeyError: 'a bug'"
    del watch.watched.cameras[0].curve
    watch.send(make_event(1, box=("nonsense",) * 4))
    assert "the page does not show gate-1-anomaly" in watch.lines[-1]
    assert watch.ask("/cameras")[0] == 200


def test_its_end_does_not_wait_for_open_streams(open_watch):
    with open_watch() as watch:
        next(watch.follow())
    assert not [thread for thread in threading.enumerate() if thread.name == "page"]


def test_a_port_that_is_taken_ends_the_program_at_its_start(watch, open_watch):
    port = watch.address.rsplit(":", 1)[1].strip("/")
    with pytest.raises(AbnormalError, match="in use"), open_watch(port):
        pass
