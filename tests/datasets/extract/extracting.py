"""How the tests of the extraction extract, and look at what came of it."""

import functools

import numpy as np

from abnormal.datasets.extract import extract
from abnormal.datasets.source import TESTING, TRAINING, Annotation, SourceVideo
from abnormal.frames.manifest import read_record
from abnormal.frames.reader import read_frames
from abnormal.video.pictures import open_pictures

SIZE = 32


def labelled(path, labels, masks=None):
    return SourceVideo(
        name="gate",
        split=TESTING,
        open_frames=functools.partial(open_pictures, path, 10.0),
        path=path,
        annotate=lambda _: Annotation(np.array(labels, np.uint8), masks),
    )


def drawn(name, open_frames, split=TRAINING):
    return SourceVideo(name=name, split=split, open_frames=open_frames, recipe=name)


def outcome(video, img, fps=None, size=SIZE):
    found = extract(video, img, size, fps)
    return found.status, found.frames, found.problem


def numbers_under(img, video, number_of):
    record = read_record(img / video.split / video.name)
    return [number_of(picture) for picture in read_frames(img, record, SIZE)]


def entries(img):
    return sorted(path.name for path in (img / "training").iterdir())
