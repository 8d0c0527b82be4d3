"""Learns what a camera regularly sees, and says when and where it does not.

model = abnormal.load("model.h5")
table = abnormal.score_video(model, "gate.mp4")    # a row per frame: regularity, score, alarm
events = abnormal.find_events(model, "gate.mp4")   # a row per event: when, where, how unusual
figures = abnormal.evaluate(model, "img")          # against the labels under img/
"""

import logging

from abnormal.api import evaluate, find_events, load, score_video
from abnormal.errors import AbnormalError
from abnormal.version import __version__

__all__ = ["AbnormalError", "__version__", "evaluate", "find_events", "load", "score_video"]

logging.getLogger("abnormal").addHandler(logging.NullHandler())
