"""The real clips, which are no part of the project: `../shared/data`, or `ABNORMAL_DATA`."""

import functools
import os
from pathlib import Path

import numpy as np
import pytest

from abnormal.datasets.extract import extract, extract_all
from abnormal.datasets.find import find_videos
from abnormal.datasets.frame_folder import find as find_frame_folder
from abnormal.datasets.labels.intervals import read_intervals
from abnormal.datasets.labels.matlab import MatlabCells
from abnormal.datasets.source import TESTING, TRAINING
from abnormal.errors import AbnormalError
from abnormal.frames.leaks import find_leaks
from abnormal.frames.manifest import read_record, write_manifest
from abnormal.frames.reader import read_frames, read_labels, read_masks
from abnormal.inference.score import frame_scores, residuals
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.stream import FrameScorer, ResidualStream
from abnormal.video.resample import resize

DATA = Path(os.environ.get("ABNORMAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


def real(place):
    """The folder of a data set; the test is skipped where it is absent."""
    if not (DATA / place).is_dir():
        pytest.skip(f"there is no {DATA / place}; name the folder of real clips in ABNORMAL_DATA")
    return DATA / place


@functools.cache
def videos_of(place):
    found = find_videos("auto", real(place))
    return found.layout, {
        split: [video for video in found.videos if video.split == split]
        for split in (TRAINING, TESTING)
    }


def count(video):
    with video.open_frames() as stream:
        frames = sum(1 for _ in stream.frames)
    assert stream.notes == []
    assert frames == stream.length
    return frames


def test_avenue_is_read_whole():
    layout, videos = videos_of("avenue")
    assert layout == "avenue"
    assert [video.name for video in videos[TRAINING]] == ["01", "10", "11", "12", "16"]
    assert [video.name for video in videos[TESTING]] == ["08", "17", "18", "19", "20", "21"]
    assert sum(count(video) for video in videos[TRAINING]) == 2693


def test_avenue_has_a_label_and_a_mask_for_each_frame():
    frames = abnormal = 0
    for video in videos_of("avenue")[1][TESTING]:
        annotation = video.annotate(count(video))
        assert len(annotation.labels) == count(video)
        assert next(iter(annotation.masks)).shape == (360, 640)
        frames += len(annotation.labels)
        abnormal += annotation.labels.sum()
    assert (frames, abnormal) == (1353, 1061)


def test_ped2_is_read_whole():
    layout, videos = videos_of("ped2")
    assert layout == "frame_folder"
    assert (len(videos[TRAINING]), len(videos[TESTING])) == (16, 12)
    lengths = {}
    for split, some in videos.items():
        for video in some:
            with video.open_frames() as stream:
                lengths[split, video.name] = stream.length
                assert (stream.fps, next(stream.frames).image.shape) == (10, (240, 360))
    totals = [sum(n for (s, _), n in lengths.items() if s == split) for split in videos]
    assert totals == [2550, 2010]


def test_ped2_labels_of_masks_script_and_matlab_file_agree():
    root = real("ped2")
    abnormal = 0
    for number, video in enumerate(videos_of("ped2")[1][TESTING], start=1):
        labels = video.annotate(0).labels
        for name in ("UCSDped2.m", "ped2.mat"):
            found = read_intervals(root / name, number, len(labels)).labels
            np.testing.assert_array_equal(found, labels)
        abnormal += labels.sum()
    assert abnormal == 1648


def test_ped2_labels_are_those_that_others_publish():
    path = real("labels") / "mnad" / "frame_labels_ped2.npy"
    published = np.load(path).ravel()
    labels = [video.annotate(0).labels for video in find_frame_folder(real("ped2"))[16:]]
    np.testing.assert_array_equal(np.concatenate(labels), published)


def test_the_official_archive_is_read_past_its_junk_files():
    layout, videos = videos_of("UCSD_Anomaly_Dataset.v1p2")
    assert layout == "ucsd"
    assert [video.name for video in videos[TRAINING]] == ["UCSDped2/Train001"]
    assert [video.name for video in videos[TESTING]] == ["UCSDped2/Test001", "UCSDped2/Test009"]
    assert [count(video) for video in videos[TRAINING]] == [120]
    for video, frames in zip(videos[TESTING], (180, 120), strict=True):
        assert count(video) == frames
        annotation = video.annotate(frames)
        assert next(iter(annotation.masks)).shape == (240, 360)
        number = int(video.name[-3:])
        script = video.path.parent / "UCSDped2.m"
        by_script = read_intervals(script, number, frames).labels
        np.testing.assert_array_equal(annotation.labels, by_script)


def test_the_official_archive_and_the_repacked_one_show_the_same():
    official = videos_of("UCSD_Anomaly_Dataset.v1p2")[1][TESTING][0]
    repacked = videos_of("ped2")[1][TESTING][0]
    with official.open_frames() as one, repacked.open_frames() as other:
        for left, right in zip(one.frames, other.frames, strict=True):
            assert np.abs(left.image.astype(int) - right.image).mean() < 3
    for left, right in zip(official.annotate(180).masks, repacked.annotate(180).masks, strict=True):
        np.testing.assert_array_equal(left > 0, right > 0)


def test_a_real_video_under_img(tmp_path):
    video = videos_of("avenue")[1][TESTING][0]
    assert extract(video, tmp_path, 227, None).problem == ""
    record = read_record(tmp_path / "testing" / "08")
    assert (record.frames, record.fps, record.source["shape"]) == (36, 25.0, [360, 640])
    labels = read_labels(tmp_path, record)
    np.testing.assert_array_equal(labels, video.annotate(36).labels)
    np.testing.assert_array_equal(read_masks(tmp_path, record).any((1, 2)), labels)
    assert len(list(read_frames(tmp_path, record, 227))) == 36


def test_ordinary_videos_that_belong_to_no_data_set():
    layout, videos = videos_of("videos")
    assert layout == "folder"
    assert [video.name for video in videos[TRAINING]] == [
        "car-detection",
        "one-by-one-person-detection",
    ]
    with videos[TRAINING][0].open_frames() as stream:
        assert next(stream.frames).image.shape == (432, 768)


def test_all_masks_of_avenue_mark_what_is_published():
    folder = real("avenue") / "ground_truth_demo" / "testing_label_mask"
    masks = [
        mask for path in folder.iterdir() for mask in map(np.any, MatlabCells(path, "volLabel"))
    ]
    assert (len(masks), sum(masks)) == (15324, 3712)


@pytest.mark.parametrize("name", ["mnad/frame_labels_ped2.npy", "hf2vad/gt_label_ped2.npz"])
def test_labels_as_others_publish_them_can_be_named(name):
    found = find_videos("auto", real("ped2"), None, real("labels") / name)
    own = videos_of("ped2")[1][TESTING]
    tested = [video for video in found.videos if video.split == TESTING]
    for video, same in zip(tested, own, strict=True):
        frames = count(video)
        labels = video.annotate(frames).labels
        np.testing.assert_array_equal(labels, same.annotate(frames).labels)
    assert found.notes == []


def test_published_labels_of_a_part_of_avenue():
    path = real("labels") / "hf2vad" / "gt_label_avenue.npz"
    found = find_videos("auto", real("avenue"), None, path)
    tested = [video for video in found.videos if video.split == TESTING]
    lengths = [len(video.annotate(0).labels) for video in tested]
    assert lengths == [count(video) for video in tested]
    assert sum(lengths) == 1353
    whole = find_videos(
        "auto", real("avenue"), None, real("labels") / "mnad" / "frame_labels_avenue.npy"
    )
    with pytest.raises(AbnormalError, match=r"15324 labels in .* for 1353 frames in the 6 test"):
        whole.videos[-1].annotate(76)


def test_the_real_footage_has_no_leak(tmp_path):
    videos = [video for some in videos_of("ped2")[1].values() for video in some]
    assert all(done.frames for done in extract_all(videos, tmp_path, 64, None, 2))
    assert find_leaks(tmp_path, write_manifest(tmp_path)[0]) == []


def settling(clips):
    """A recurrent network in small: what it shows settles from frame to frame of a clip."""
    shown, state = [], np.zeros_like(clips[:, 0])
    for number in range(clips.shape[1]):
        state = 0.7 * state + 0.3 * clips[:, number]
        shown.append(state / (1 - 0.7 ** (number + 1)) * (1 - 0.3 * 0.6**number))
    return np.stack(shown, axis=1)


def test_the_regularity_of_real_footage_has_no_saw_tooth():
    def errors_of(video):
        with video.open_frames() as stream:
            frames = [resize(frame.image, 64, 64) for frame in stream.frames]
        clips = residuals(frames, settling, 10, ResidualStream(flow=False))
        return frame_scores(clips, FrameScorer(10.0, None)).raw

    def at_borders(curve):
        """The share of all movement that is at the borders of clips; a tenth would be none."""
        movement = np.abs(np.diff(curve))
        return movement[9::10].sum() / movement.sum()

    for video in videos_of("ped2")[1][TESTING][:4]:
        scored = ScoredVideo(video.name, 10.0, errors_of(video), {}, clip_length=10)
        assert at_borders(scored.regularity_by_frame()) > 0.25
        assert at_borders(scored.regularity()) < 0.15
