import json

import numpy as np
import pytest

from abnormal.scoring.calibration import Calibration, read_calibration
from abnormal.scoring.dismissal import Dismissal
from abnormal.scoring.normality import Normality
from abnormal.scoring.surprise import learn_surprise

SURPRISE = learn_surprise(np.arange(9.0))
OLD = Dismissal({"video": "a", "camera": "gate", "first_frame": 1, "last_frame": 2})


def level(*values):
    return np.array([values], np.float32)


def dismissal(event, camera, *values):
    return Dismissal({"event": event, "camera": camera}, {"motion": level(*values)})


def calibration():
    cameras = {
        name: Normality({"motion": level(1, 1, 1)}, {"motion": SURPRISE})
        for name in ("gate", "yard")
    }
    return Calibration({}, {}, cameras, 9, ("a",), held_out=True)


def read_again(known):
    return read_calibration(json.loads(json.dumps(known.as_dict())), known.arrays)


def levels(known, camera="gate"):
    return known.cameras[camera].levels["motion"].ravel().tolist()


def test_each_dismissal_raises_its_camera_and_is_told_apart_in_the_file():
    known = calibration().with_dismissed(
        [OLD, dismissal("x", "gate", 0, 3, 0), dismissal("y", "yard", 9, 0, 0)]
    )
    known = known.with_dismissed((*known.dismissed, dismissal("z", "gate", 2, 2, 0)))
    for one in (known, read_again(known)):
        assert (levels(one), levels(one, "yard")) == ([2, 3, 1], [9, 1, 1])
        assert [d.event for d in one.dismissed] == ["a:frames 1-2", "x", "y", "z"]
        assert [bool(d.levels) for d in one.dismissed] == [False, True, True, True]
        left = one.with_dismissed(d for d in one.dismissed if d.event != "x")
        assert levels(read_again(left)) == [2, 2, 1]
        assert levels(read_again(one.with_dismissed(()))) == [1, 1, 1]


@pytest.mark.parametrize(
    ("entry", "same"),
    [
        ({"event": "a:7", **OLD.entry}, True),  # events are numbered anew with each scoring
        ({**OLD.entry, "last_frame": 3}, False),
        ({"event": "a:1", "camera": "gate"}, False),
    ],
)
def test_events_of_videos_are_told_apart_by_their_frames(entry, same):
    assert Dismissal(entry).is_of_same_event(OLD) is same
    assert OLD.is_of_same_event(Dismissal(entry)) is same
