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
    mailbox, waiting, came = Mailbox(2, capacity=3, clip_length=1, hop=1), {0: [], 1: []}, 0
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
    mailbox, room = Mailbox(2, capacity=4, clip_length=1, hop=1), []
    for number in range(4):
        room.append(mailbox.has_room(0))
        mailbox.put(0, frame(number))
    for _ in range(2):
        room.append(mailbox.has_room(0))
        mailbox.take(1, 0)
    assert [*room, mailbox.has_room(0)] == [True, True, True, True, False, False, True]
    assert mailbox.has_room(1)


def pieces(mailbox, count, most=1):
    """Lengths of pieces without a gap, if frames are dropped for which there is no room."""
    lengths, number = [], 0
    for _ in range(count):
        lengths.append(0)
        while mailbox.has_room(0):
            mailbox.put(0, frame(number))
            lengths[-1], number = lengths[-1] + 1, number + 1
        while not mailbox.has_room(0):
            mailbox.take(most, 0)
            number += 1  # is dropped
    return lengths


def test_dropping_begins_at_the_end_of_a_clip():
    assert pieces(Mailbox(1, capacity=12, clip_length=5, hop=5), 3) == [
        15,
        10,
        10,
    ]  # 6 wait when there is room again


@pytest.mark.parametrize("hop", [1, 2, 3, 4])
def test_overlapping_clips_end_with_each_hop(hop):
    first, second, _ = pieces(Mailbox(1, capacity=12, clip_length=5, hop=hop), 3)
    assert first == min(n for n in range(12, 18) if (n - 5) % hop == 0)
    assert second >= 5
    assert (second - 5) % hop == 0


def test_after_a_gap_clips_begin_anew():
    mailbox, number = Mailbox(1, capacity=12, clip_length=5, hop=5), 0
    for number in range(3):
        mailbox.put(0, frame(number))
    while mailbox.has_room(0):
        number += 1
        mailbox.put(0, frame(100 + number))
    assert number - 2 == 10  # with the first three, more than 12 wait


def test_pieces_that_are_shorter_than_a_clip_fill_it_too():
    mailbox, number = Mailbox(1, capacity=12, clip_length=5, hop=5), 0
    while mailbox.has_room(0):
        assert number < 99
        number += 2 if number % 4 == 3 else 1  # a gap after two or three frames
        mailbox.put(0, frame(number))
    assert len(mailbox.take(99, 0)) == 17


def test_what_has_no_gap_is_one_piece_although_there_was_no_room_for_a_moment():
    mailbox = Mailbox(1, capacity=5, clip_length=5, hop=5)
    for number in range(5):
        mailbox.put(0, frame(number))
    assert not mailbox.has_room(0)
    mailbox.take(4, 0)
    for number in range(5, 9):
        mailbox.put(0, frame(number))
        assert mailbox.has_room(0)
    mailbox.put(0, frame(9))
    assert not mailbox.has_room(0)


def test_of_clips_of_one_frame_two_follow_each_other_so_that_one_has_a_speed():
    assert pieces(Mailbox(1, capacity=1, clip_length=1, hop=1), 3, most=9) == [2, 2, 2]


@pytest.mark.parametrize("capacity", [0, 1, 2, 3])
def test_there_is_room_in_the_smallest_one_when_it_is_empty(capacity):
    mailbox = Mailbox(1, capacity=capacity, clip_length=1, hop=1)
    for number in range(9):
        mailbox.put(0, frame(number))
    assert not mailbox.has_room(0)
    mailbox.take(9, 0)
    assert mailbox.has_room(0)


def test_what_is_said_of_a_camera_takes_no_room():
    mailbox = Mailbox(1, capacity=2, clip_length=1, hop=1)
    lost = ConnectionLost(Moment(1, 1, 1), "gone")
    for message in (frame(0), lost, lost):
        mailbox.put(0, message)
    assert mailbox.has_room(0)
    assert [message for _, message in mailbox.take(99, 0)] == [frame(0), lost, lost]


def test_taking_waits_for_something():
    mailbox = Mailbox(1, capacity=2, clip_length=1, hop=1)
    threading.Timer(0.05, mailbox.put, (0, frame(7))).start()
    assert numbers(mailbox.take(1, 30), 0) == [7]
    assert mailbox.take(1, 0.01) == []


def test_no_more_is_taken_of_a_camera_than_is_asked_for():
    mailbox = Mailbox(2, capacity=9, clip_length=1, hop=1)
    for number in range(5):
        mailbox.put(0, frame(number))
    mailbox.put(1, frame(7))
    taken = mailbox.take(3, 0)
    assert (numbers(taken, 0), numbers(taken, 1)) == ([0, 1, 2], [7])
    assert numbers(mailbox.take(3, 0), 0) == [3, 4]
