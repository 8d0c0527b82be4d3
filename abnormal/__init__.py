"""Learns what a camera regularly sees, and tells when and where it sees something else.

abnormal.preprocess("videos", img="img")              # frames under img/
model = abnormal.train("img", output="model.h5")      # trained, calibrated and written
table = abnormal.score_video(model, "gate.mp4")       # one row per frame: regularity, score, alarm
table.events                                          # one row per event: when, where, how unusual
figures = abnormal.evaluate(model, "img")             # metrics from the labels under img/
"""

import logging

from abnormal.api.footage import clips, preprocess
from abnormal.api.live import watch
from abnormal.api.scoring import dismiss, evaluate, find_events, load, score_video
from abnormal.api.training import calibrate, train
from abnormal.errors import AbnormalError, Stopped
from abnormal.version import __version__

__all__ = [
    "AbnormalError",
    "Stopped",
    "__version__",
    "calibrate",
    "clips",
    "dismiss",
    "evaluate",
    "find_events",
    "load",
    "preprocess",
    "score_video",
    "train",
    "watch",
]

logging.getLogger("abnormal").addHandler(logging.NullHandler())
