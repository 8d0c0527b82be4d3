"""Learns what a camera regularly sees, and tells when and where it sees something else.

model = abnormal.load("model.h5")
table = abnormal.score_video(model, "gate.mp4")    # one row per frame: regularity, score, alarm
events = abnormal.find_events(model, "gate.mp4")   # one row per event: when, where, how unusual
figures = abnormal.evaluate(model, "img")          # metrics from the labels under img/
"""

import logging

from abnormal.api import evaluate, find_events, load, score_video
from abnormal.errors import AbnormalError
from abnormal.version import __version__

__all__ = ["AbnormalError", "__version__", "evaluate", "find_events", "load", "score_video"]

logging.getLogger("abnormal").addHandler(logging.NullHandler())
