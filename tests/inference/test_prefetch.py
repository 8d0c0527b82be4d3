"""Threads that make what comes next, and end."""

import itertools
import threading
import time

import pytest

from abnormal.inference.prefetch import prefetch


def test_all_items_come_in_order():
    assert list(prefetch(range(100), 3)) == list(range(100))


def test_no_items_are_none():
    assert list(prefetch([], 1)) == []


def test_so_many_are_made_ahead_and_no_more():
    made = []
    items = prefetch((made.append(n) or n for n in range(100)), 3)
    assert next(items) == 0
    deadline = time.monotonic() + 10
    while len(made) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert made == [0, 1, 2, 3, 4]  # one is used, three wait, one waits for a slot
    items.close()


def test_items_are_made_while_others_are_used():
    second_is_wanted = threading.Event()

    def making():
        yield 1
        second_is_wanted.set()
        yield 2

    for item in prefetch(making(), 1):
        assert second_is_wanted.wait(10), item


def test_an_error_comes_where_its_item_would_have():
    def making():
        yield 1
        raise ValueError("no second one")

    items = prefetch(making(), 1)
    assert next(items) == 1
    with pytest.raises(ValueError, match="no second one"):
        next(items)


def test_who_wants_no_more_ends_the_thread_and_closes_the_items():
    closed = threading.Event()

    def making():
        try:
            yield from itertools.count()
        finally:
            closed.set()

    threads = threading.active_count()
    items = prefetch(making(), 2)
    next(items)
    items.close()
    assert closed.is_set()
    assert threading.active_count() == threads
