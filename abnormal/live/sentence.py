"""What happens at a camera, as a sentence for people."""

from abnormal.live.tracker import OngoingEvent
from abnormal.scoring.sentence import duration, local_sentence, score_sentence

_OF_CAMERA = {
    "black": "The picture has been black{time}{measured}.",
    "frozen": "The picture has not changed by a single bit{time}.",
    "light": "The light has changed within a second{measured}.",
    "covered": "The camera has been covered{time}{measured}.",
    "shifted": "The camera has shown another view{time}{measured}.",
    "blurred": "The picture has been blurred{time}{measured}.",
    "disconnected": "The camera has sent no picture{time}{measured}.",
}
"""By its name, each kind of event that is about the camera and not about what it sees."""


def event_sentence(kind: str, event: OngoingEvent) -> str:
    """Says what has happened in an event so far, with what was measured.

    Args:
        kind: See `abnormal.live.event.LiveEvent`.
        event: The event.
    """
    peak = event.peak
    if kind in _OF_CAMERA:
        length_sec = event.last.sec - event.start.sec
        time = f" for {duration(length_sec)}" if length_sec > 0 else ""
        measured = f": {peak.detail.rstrip('.')}" if peak.detail else ""
        return _OF_CAMERA[kind].format(time=time, measured=measured)
    if not peak.found_by:
        return score_sentence(peak.score)
    return local_sentence(peak.found_by, peak.measure, peak.box, event.what_stays)
