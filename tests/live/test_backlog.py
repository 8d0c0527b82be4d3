import threading

import numpy as np
import pytest

from abnormal.live.backlog import LARGEST_BYTES, Backlog, ReceivedFrame, StreamEnd
from abnormal.video.stream import Frame

END = StreamEnd(0.0, "gone", is_last=False)


def received(number, shape=(2, 3)):
    frame = Frame(np.empty(shape, np.uint8), float(number), number)
    return ReceivedFrame(frame, float(number), float(number), number == 0)


def take_all(backlog):
    return list(iter(lambda: backlog.take(0), None))


def test_without_room_all_that_waits_is_dropped_and_the_first_of_a_connection_stays_known():
    backlog = Backlog(3, waits=False)
    for number in range(5):
        backlog.put(received(number))
    got = take_all(backlog)
    assert [one.frame.number for one in got] == [3, 4]
    assert [one.is_first for one in got] == [True, False]
    assert [one.follows_gap for one in got] == [True, False]
    assert backlog.dropped_sec == 3


def test_the_end_of_a_connection_is_never_dropped():
    backlog = Backlog(2, waits=False)
    for number in range(2):
        backlog.put(received(number))
    backlog.put(END)
    for number in range(3):
        backlog.put(received(number))
    got = take_all(backlog)
    assert got[0] is END
    assert [(one.frame.number, one.is_first) for one in got[1:]] == [(2, True)]


def test_of_large_frames_fewer_wait():
    backlog = Backlog(100, waits=False)
    side = int((LARGEST_BYTES / 12) ** 0.5)
    for number in range(50):
        backlog.put(received(number))
    backlog.put(received(50, (side, side)))
    assert backlog.dropped_sec == 50
    for number in range(51, 54):
        backlog.put(received(number, (side, side)))
    assert backlog.dropped_sec == 50
    backlog.put(received(54, (side, side)))
    assert backlog.dropped_sec == 54


@pytest.mark.parametrize("longest_sec", [0, 2, 50])
@pytest.mark.parametrize("stops", [False, True])
def test_a_file_waits_until_there_is_room_or_nobody_takes_it_any_more(stops, longest_sec):
    backlog = Backlog(longest_sec, waits=True)
    large = (LARGEST_BYTES // 6, 1)  # for two there is room
    filling = threading.Thread(target=lambda: [backlog.put(received(n, large)) for n in range(5)])
    filling.start()
    if stops:
        backlog.stop_waiting()
        filling.join(60)
        assert take_all(backlog)[-1].frame.number == 4
        return
    got = [backlog.take(60) for _ in range(5)]
    filling.join(60)
    assert [one.frame.number for one in got] == list(range(5))
    assert backlog.dropped_sec == 0
