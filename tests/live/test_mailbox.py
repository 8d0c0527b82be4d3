import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.live.frame import ConnectionLost, LiveFrame, Moment
from abnormal.live.mailbox import Mailbox


def frame(number):
    return LiveFrame(Moment(number, number, number), number, None)


def numbers(taken, camera):
    return [m.moment.number for c, m in taken if c == camera and isinstance(m, LiveFrame)]


@given(st.lists(st.sampled_from([0, 1, "take"]), max_size=60))
def test_all_messages_of_each_camera_are_taken_in_order_and_together(actions):
    mailbox, waiting, came = Mailbox(2, 3, 1), {0: [], 1: []}, 0
    for action in [*actions, "take"]:
        if action == "take":
            taken = mailbox.take(99, 0)
            assert {camera: numbers(taken, camera) for camera in waiting} == waiting
            waiting = {0: [], 1: []}
            continue
        mailbox.put(action, frame(came))
        waiting[action].append(came)
        came += 1


def test_there_is_room_again_when_half_of_what_fills_it_was_taken():
    mailbox, room = Mailbox(2, 4, 1), []
    for number in range(4):
        room.append(mailbox.has_room(0))
        mailbox.put(0, frame(number))
    for _ in range(2):
        room.append(mailbox.has_room(0))
        mailbox.take(1, 0)
    assert [*room, mailbox.has_room(0)] == [True, True, True, True, False, False, True]
    assert mailbox.has_room(1)


def test_dropping_begins_at_the_end_of_a_clip():
    mailbox, pieces = Mailbox(1, 12, 5), []
    for _ in range(3):
        pieces.append(0)
        while mailbox.has_room(0):
            mailbox.put(0, frame(0))
            pieces[-1] += 1
        while not mailbox.has_room(0):
            mailbox.take(1, 0)
    assert pieces == [15, 10, 10]  # 6 wait when there is room again


def test_of_clips_of_one_frame_two_follow_each_other_so_that_one_has_a_speed():
    mailbox, pieces = Mailbox(1, 1, 1), []
    for _ in range(3):
        pieces.append(0)
        while mailbox.has_room(0):
            mailbox.put(0, frame(0))
            pieces[-1] += 1
        mailbox.take(9, 0)
    assert pieces == [2, 2, 2]


@pytest.mark.parametrize("capacity", [0, 1, 2, 3])
def test_there_is_room_in_the_smallest_one_when_it_is_empty(capacity):
    mailbox = Mailbox(1, capacity, 1)
    for number in range(9):
        mailbox.put(0, frame(number))
    assert not mailbox.has_room(0)
    mailbox.take(9, 0)
    assert mailbox.has_room(0)


def test_what_is_said_of_a_camera_takes_no_room():
    mailbox = Mailbox(1, 2, 1)
    lost = ConnectionLost(Moment(1, 1, 1), "gone")
    for message in (frame(0), lost, lost):
        mailbox.put(0, message)
    assert mailbox.has_room(0)
    assert [message for _, message in mailbox.take(99, 0)] == [frame(0), lost, lost]


def test_taking_waits_for_something():
    mailbox = Mailbox(1, 2, 1)
    threading.Timer(0.05, mailbox.put, (0, frame(7))).start()
    assert numbers(mailbox.take(1, 30), 0) == [7]
    assert mailbox.take(1, 0.01) == []


def test_no_more_is_taken_of_a_camera_than_is_asked_for():
    mailbox = Mailbox(2, 9, 1)
    for number in range(5):
        mailbox.put(0, frame(number))
    mailbox.put(1, frame(7))
    taken = mailbox.take(3, 0)
    assert (numbers(taken, 0), numbers(taken, 1)) == ([0, 1, 2], [7])
    assert numbers(mailbox.take(3, 0), 0) == [3, 4]
