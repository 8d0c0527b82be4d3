"""Every data set keeps the contract, and has the frames and labels that lie on the disk."""

import dataclasses
import functools
import pickle
from pathlib import Path

import numpy as np
import pytest

from abnormal.datasets.demo import find_demo
from abnormal.datasets.drawn import find_drawn
from abnormal.datasets.find import find_videos
from abnormal.datasets.layouts import DATASETS, DRAWN
from abnormal.datasets.source import TESTING, TRAINING
from abnormal.files import natural_key
from tests.datasets.layout_trees import ABNORMAL, FRAMES, masks


def videos_of(name, trees):
    if name == "demo":
        return find_demo(training_clips=2, clip_frames=40)
    if name in DRAWN:
        return [_shortened(video) for video in find_drawn(name)[::11]]
    found = find_videos("auto", trees(name))
    assert found.layout == name
    return found.videos


def _shortened(video):
    """The beginning of a drawn video: the contract is the same, and the test is quick."""
    clip = dataclasses.replace(video.open_frames.args[0], length=20, fps=0.5)
    annotate = video.annotate and functools.partial(video.annotate.func, clip)
    opened = functools.partial(video.open_frames.func, clip)
    return dataclasses.replace(video, open_frames=opened, annotate=annotate)


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "auto"])
def test_every_dataset_keeps_the_contract(name, trees):
    videos = videos_of(name, trees)
    assert {video.split for video in videos} == {TRAINING, TESTING}
    places = [(video.split, video.name) for video in videos]
    assert len(set(places)) == len(places)
    for split in (TRAINING, TESTING):
        some = [video for video in videos if video.split == split]
        names = [video.name for video in some]
        assert name in ("demo", *DRAWN) or names == sorted(names, key=natural_key)
        for video in some[:2]:
            assert_video(pickle.loads(pickle.dumps(video)))


def assert_video(video):
    assert (video.path is None) == bool(video.recipe)
    assert video.path is None or video.path.exists()
    assert not Path(video.name).is_absolute()
    with video.open_frames() as stream:
        frames = list(stream.frames)
    assert stream.notes == []
    assert [frame.number for frame in frames] == list(range(stream.length))
    assert all(frame.image.dtype == np.uint8 and frame.image.ndim == 2 for frame in frames)
    times_sec = [frame.time_sec for frame in frames]
    assert times_sec == pytest.approx(np.arange(stream.length) / (stream.fps or 25), abs=1e-6)
    assert video.annotate is None or video.split == TESTING
    if video.annotate:
        assert_annotation(video.annotate(len(frames)), frames)


def assert_annotation(annotation, frames):
    assert annotation.labels.dtype == np.uint8
    assert annotation.labels.shape == (len(frames),)
    assert set(annotation.labels) <= {0, 1}
    for label, mask, frame in zip(annotation.labels, annotation.masks, frames, strict=True):
        assert mask.shape == frame.image.shape
        assert mask.any() == label


@pytest.mark.parametrize("name", ["folder", "frame_folder", "avenue", "ucsd", "shanghaitech"])
def test_the_frames_of_a_layout_are_those_on_the_disk_in_order(name, trees, number_of):
    videos = videos_of(name, trees)
    assert [video.split for video in videos].count(TRAINING) == 10
    for video in videos[-2:]:
        with video.open_frames() as stream:
            numbers = [number_of(frame.image) for frame in stream.frames]
        assert numbers == list(range(FRAMES))


@pytest.mark.parametrize("name", ["frame_folder", "avenue", "ucsd", "shanghaitech"])
def test_labels_and_masks_are_those_on_the_disk(name, trees):
    tested = [video for video in videos_of(name, trees) if video.split == TESTING]
    assert len(tested) == 2
    for video in tested:
        annotation = video.annotate(FRAMES)
        assert annotation.labels.tolist() == ABNORMAL
        np.testing.assert_array_equal(np.array(list(annotation.masks)) > 0, masks(32, 48) > 0)
        assert video.annotation_path.exists()
