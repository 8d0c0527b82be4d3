import pytest

from abnormal.live.event import DISCONNECTED, make_event
from abnormal.live.frame import Moment
from abnormal.live.gate import FAULTS
from abnormal.live.sentence import event_sentence
from abnormal.live.tracker import LiveFrameScore, LiveTracker, OngoingEvent
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.local import reason_of
from abnormal.scoring.standing import NO_VOTE, votes_of

SENTENCES = {
    "black": "The picture has been black for 12 seconds: 93 % of it.",
    "frozen": "The picture has not changed by a single bit for 12 seconds.",
    "light": "The light has changed within a second: 93 % of it.",
    "covered": "The camera has been covered for 12 seconds: 93 % of it.",
    "shifted": "The camera has shown another view for 12 seconds: 93 % of it.",
    "blurred": "The picture has been blurred for 12 seconds: 93 % of it.",
    "disconnected": "The camera has sent no picture for 12 seconds: 93 % of it.",
}


def moment(sec):
    return Moment(round(10 * sec), sec, 1e9 + sec)


def lasting(sec, detail="93 % of it.", **measured):
    peak = LiveFrameScore(moment(0), 2.5, (0, 0, 0.1, 0.1), detail, **measured)
    return OngoingEvent(moment(0), moment(sec), peak, 2.5)


@pytest.mark.parametrize("kind", [*FAULTS, DISCONNECTED])
def test_each_fault_of_a_camera_has_a_sentence(kind):
    assert event_sentence(kind, lasting(12)) == SENTENCES[kind]


def test_what_is_not_known_yet_is_left_out():
    assert event_sentence(DISCONNECTED, lasting(0, "")) == "The camera has sent no picture."


def test_an_event_says_what_was_measured_and_where():
    event = make_event("gate", "anomaly", "closed", lasting(2, found_by="motion", measure=3.0))
    assert event.sentence == (
        "Somebody or something moves 3 times as fast as is usual here, in the upper left."
    )
    assert event.sentence in event.as_message()
    assert "its score is 2.5" in make_event("gate", "anomaly", "closed", lasting(2)).sentence


def test_a_password_is_in_no_sentence():
    lost = lasting(2, "rtsp://me:hidden@gate.lan/a is gone")
    assert "hidden" not in make_event("gate", DISCONNECTED, "closed", lost).sentence


def test_the_longest_stay_of_an_event_is_told_though_its_peak_was_before():
    tracker, told = LiveTracker(Alarm("fused", 2.0, 1.0, gap_sec=0.0), 1.0), []
    stays = [(0.0, 50.0), (3.0, 60.0), (3.0, 240.0), (1.5, 200.0), (0.0, 300.0), (3.0, 5.0)]
    for number, (score, sec) in enumerate(stays):
        at = Moment(number, float(number), 1e9)
        frame = LiveFrameScore(at, score, found_by="stay", measure=sec)
        told += [event.peak.measure for _, event in tracker.add(frame)]
    told += [event.peak.measure for _, event in tracker.finish()]
    assert told == [60.0, 240.0, 5.0, 5.0]


def test_the_votes_so_far_say_what_stays():
    tracker, told = LiveTracker(Alarm("fused", 2.0, 1.0, gap_sec=0.0), 1.0), []
    left, stands = votes_of(0.0, 0.0, 0.5), votes_of(0.5, 0.0, 0.5)
    frames = [(3.0, NO_VOTE), (3.0, left), (0.0, stands), (0.0, stands), (3.0, NO_VOTE)]
    for number, (score, votes) in enumerate(frames):
        at, reason = Moment(number, float(number), 1e9), reason_of("stay")
        seen = LiveFrameScore(at, score, None, reason, "stay", 10.0 + number, votes)
        told += tracker.add(seen)
    told += tracker.finish()
    events = [make_event("gate", "anomaly", state, event) for state, event in told]
    assert [event.detail for event in events] == [
        *("stays for longer than is usual here", "was left here"),
        *["stays for longer than is usual here"] * 2,  # an event of its own
    ]
    assert events[1].sentence == "Something was left here, and has not moved for 11 seconds."
