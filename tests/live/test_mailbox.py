import threading

from hypothesis import given
from hypothesis import strategies as st

from abnormal.live.frame import ConnectionLost, LiveFrame, Moment
from abnormal.live.mailbox import Mailbox


def frame(number):
    return LiveFrame(Moment(number, number, number), number, None)


def numbers(taken, camera):
    return [m.moment.number for c, m in taken if c == camera and isinstance(m, LiveFrame)]


@given(st.lists(st.sampled_from([0, 1, "take"]), max_size=60))
def test_the_newest_frames_of_each_camera_wait_in_order(actions):
    mailbox, kept, dropped, came = Mailbox(2, 3), {0: [], 1: []}, {0: 0, 1: 0}, 0
    for action in actions:
        if action == "take":
            taken = mailbox.take(99, 0)
            assert {camera: numbers(taken, camera) for camera in kept} == kept
            kept = {0: [], 1: []}
            continue
        mailbox.put(action, frame(came))
        kept[action].append(came)
        dropped[action] += len(kept[action]) > 3
        kept[action] = kept[action][-3:]
        came += 1
    assert [mailbox.dropped(0), mailbox.dropped(1)] == [dropped[0], dropped[1]]


def test_what_is_said_of_a_camera_is_not_dropped():
    mailbox = Mailbox(1, 2)
    lost = ConnectionLost(Moment(1, 1, 1), "gone")
    for message in (frame(0), lost, frame(2), frame(3), frame(4)):
        mailbox.put(0, message)
    assert [message for _, message in mailbox.take(99, 0)] == [lost, frame(3), frame(4)]
    assert mailbox.dropped(0) == 2


def test_taking_waits_for_something():
    mailbox = Mailbox(1, 2)
    threading.Timer(0.05, mailbox.put, (0, frame(7))).start()
    assert numbers(mailbox.take(1, 30), 0) == [7]
    assert mailbox.take(1, 0.01) == []


def test_no_more_is_taken_of_a_camera_than_is_asked_for():
    mailbox = Mailbox(2, 9)
    for number in range(5):
        mailbox.put(0, frame(number))
    mailbox.put(1, frame(7))
    taken = mailbox.take(3, 0)
    assert (numbers(taken, 0), numbers(taken, 1)) == ([0, 1, 2], [7])
    assert numbers(mailbox.take(3, 0), 0) == [3, 4]
