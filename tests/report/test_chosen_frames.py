import dataclasses

import numpy as np

from abnormal.report.chosen_frames import around_events
from abnormal.scoring.alarm import Alarm


def test_frames_around_events_are_drawn_and_few_of_the_others(scored):
    video = scored(frames=400, fps=4.0)
    scores = np.zeros(400)
    scores[200:220] = 5
    video = dataclasses.replace(video, causal={"l2": scores})
    chosen = np.flatnonzero(around_events(video, Alarm("l2", 1.0, 1.0)))
    around = range(200 - 8, 220 + 8)
    few = [number for number in (*range(0, 400, 40), 399) if number not in around]
    assert chosen.tolist() == sorted([*around, *few])
