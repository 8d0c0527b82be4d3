import pickle

import numpy as np
import pytest

from abnormal.datasets.drawn import find_drawn
from abnormal.datasets.find import find_videos
from abnormal.datasets.layouts import DRAWN
from abnormal.datasets.life.kinds import KINDS
from abnormal.datasets.life.places import PLACES
from abnormal.datasets.source import TESTING, TRAINING


def test_the_names_are_those_of_the_places():
    assert tuple(PLACES) == DRAWN


@pytest.mark.parametrize("place", DRAWN)
def test_the_list_of_videos(place):
    videos = find_videos(place, None).videos
    assert [v.name for v in videos if v.split == TRAINING] == [f"{n:02d}" for n in range(1, 11)]
    tested = [v for v in videos if v.split == TESTING]
    assert [v.situation for v in tested] == [*KINDS, "normal"]
    assert [v.name for v in tested[:2]] == ["runner/01", "running_crowd/02"]
    assert {(v.camera, v.path) for v in videos} == {(place, None)}
    assert len({v.recipe for v in videos}) == len(videos)
    assert [v.annotate is None for v in videos] == [v.split == TRAINING for v in videos]


def test_more_training_clips_change_no_test_video():
    few, many = find_drawn("hall", training_clips=1), find_drawn("hall", training_clips=20)
    assert [v.recipe for v in few[1:]] == [v.recipe for v in many[20:]]


def test_a_video_is_the_same_in_another_process():
    video = find_drawn("square")[0]
    pictures = []
    for one in (video, pickle.loads(pickle.dumps(video))):
        with one.open_frames() as stream:
            assert (stream.fps, stream.length) == (10.0, 600)
            pictures.append(next(iter(stream.frames)).image)
    assert np.array_equal(*pictures)
