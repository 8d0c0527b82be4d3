import numpy as np
import pytest

from abnormal.scoring.standing import NO_VOTE, elected, votes_of


@pytest.mark.parametrize(
    ("looks", "kind"),
    [
        ([], ""),
        ([(0.0, 0.0, 0.5)], "left"),
        ([(0.0, 0.0, -0.5)], "gone"),
        ([(0.3, 0.0, 0.5)], "stands"),
        ([(0.3, 0.0, 0.5)] * 3 + [(0.0, 0.0, 0.5)] * 2, "stands"),
        ([(0.3, 0.0, 0.5)] * 2 + [(0.0, 0.0, 0.5)] * 3, "left"),
        # Passers-by hide a thing; who stands close to the camera is as fast, but never still.
        ([(0.9, 0.5, 0.5)] * 7 + [(0.0, 0.0, 0.5)] * 2, "left"),
        ([(0.9, 0.5, 0.5)] * 7 + [(0.0, 0.0, 0.5)], "stands"),
        # The edges do not tell.
        ([(0.0, 0.0, 0.05)] * 5, ""),
        ([(0.0, 0.0, -0.05)] * 5 + [(0.0, 0.0, -0.5)] * 4, "gone"),
    ],
)
def test_an_event_is_what_most_looks_saw(looks, kind):
    votes = np.array([NO_VOTE, *(votes_of(*look) for look in looks), NO_VOTE])
    assert elected(votes) == kind


def test_without_frames_nothing_is_known():
    assert elected(np.zeros((0, 4))) == ""
