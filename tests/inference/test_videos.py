import json

import numpy as np
import pytest

from abnormal.datasets.extract import extract
from abnormal.datasets.source import Annotation, SourceVideo
from abnormal.errors import AbnormalError
from abnormal.frames.manifest import write_manifest
from abnormal.inference import videos


def greys_of(opened):
    return [int(frame[0, 0]) for frame in opened.frames]


@pytest.mark.parametrize(
    ("fps", "seen"),
    [
        (20.0, [0, 2, 4, 6]),  # every other one
        (5.0, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]),  # every one twice, but for the last
        (10.0, [0, 1, 2, 3, 4, 5, 6]),
        (10.004, [0, 1, 2, 3, 4, 5, 6]),  # near enough
        (None, [0, 1, 2, 3, 4, 5, 6]),  # a folder of pictures has no clock
    ],
)
def test_another_rate_is_resampled(greys, fps, seen):
    source = greys([number / (fps or 10.0) for number in range(7)], fps)
    with videos.open_resampled(source, 8, 10.0) as opened:
        assert greys_of(opened) == seen
        assert opened.fps == 10.0
        resampled = [f"{fps:g} frames a second are resampled to 10"] if fps in (20, 5) else []
        flat = "nearly flat: all its grey levels lie between 0 and 6 of 255"
        assert opened.notes == [*resampled, flat]


def test_time_stamps_decide_and_not_the_number_of_a_frame(greys):
    source = greys([0.0, 0.1, 0.5, 0.6], 6.0)  # nothing for 0.4 seconds
    with videos.open_resampled(source, 8, 10.0) as opened:
        assert greys_of(opened) == [0, 1, 1, 1, 1, 2, 3]


def test_frames_that_a_video_of_the_models_rate_has_lost_are_filled_and_noted(greys):
    source = greys([0.0, 0.1, 0.4, 0.5], 10.0)
    with videos.open_resampled(source, 8, 10.0) as opened:
        assert greys_of(opened) == [0, 1, 1, 1, 2, 3]
        note = "2 frames are missing; the ones before them are shown instead"
        assert note in opened.notes


def test_frames_have_the_size_of_the_model(greys):
    with videos.open_resampled(greys([0.0], 10.0), 35, 10.0) as opened:
        assert [(frame.shape, frame.dtype.name) for frame in opened.frames] == [((35, 35), "uint8")]


def test_notes_of_the_source_are_kept(greys):
    source = greys([0.0, 0.1], 10.0)
    with source() as stream:
        stream.notes.append("truncated")
        with videos.open_resampled(lambda: _again(stream), 8, 10.0) as opened:
            assert opened.notes == ["truncated"]


class _again:  # noqa: N801
    """Opens a stream that is open."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return self.stream

    def __exit__(self, *_):
        pass


@pytest.fixture
def img(tmp_path, greys):
    """A test video with labels, one without, and a training video."""
    labels = np.array([0, 1, 1, 0, 0], np.uint8)
    times_sec = [number / 10 for number in range(5)]
    sources = [
        SourceVideo(
            "cart/02",
            "testing",
            greys(times_sec, 10.0),
            situation="cart",
            annotate=lambda _: Annotation(labels),
            recipe="a",
        ),
        SourceVideo("10", "testing", greys(times_sec, 10.0), recipe="b"),
        SourceVideo("9", "testing", greys(times_sec, 10.0), recipe="c"),
        SourceVideo("01", "training", greys(times_sec, 10.0), recipe="d"),
    ]
    for source in sources:
        assert extract(source, tmp_path, 16, None).frames == 5
    write_manifest(tmp_path)
    return tmp_path


def test_stored_videos_are_the_test_videos_in_natural_order(img):
    found = videos.stored_videos(img)
    assert [(video.name, video.situation, video.frames) for video in found] == [
        ("9", "", 5),
        ("10", "", 5),
        ("cart/02", "cart", 5),
    ]


def test_stored_videos_have_their_labels(img):
    found = {video.name: video.read_labels() for video in videos.stored_videos(img)}
    assert found["cart/02"].tolist() == [0, 1, 1, 0, 0]
    assert found["9"] is found["10"] is None


def test_stored_frames_have_the_size_of_the_model(img):
    with videos.stored_videos(img)[0].open_frames(8, 10.0) as opened:
        assert np.shape(list(opened.frames)) == (5, 8, 8)
        assert (opened.fps, opened.notes) == (10.0, [])


def test_a_stored_video_at_another_rate_is_said_to_be(img):
    with videos.stored_videos(img)[0].open_frames(8, 25.0) as opened:
        assert opened.fps == 10.0
        (note,) = opened.notes
    text = "10 frames a second, but the model was trained on 25: things look 2.5 times as fast"
    assert text in note
    assert "use --source" in note  # --fps 25 would repeat frames
    with videos.stored_videos(img)[0].open_frames(8, 5.0) as opened:
        assert "extract it again with --fps 5" in opened.notes[0]


def test_where_no_test_video_is_stored_one_is_told_how_to_add_some(tmp_path, greys):
    extract(SourceVideo("01", "training", greys([0.0], 10.0), recipe="a"), tmp_path, 16, None)
    write_manifest(tmp_path)
    with pytest.raises(AbnormalError, match=r"no testing video in .*--split testing.*--source"):
        videos.stored_videos(tmp_path)


def test_a_source_that_is_missing(tmp_path):
    with pytest.raises(AbnormalError, match=r"no file or folder .*gate\.mp4.*Check the path"):
        videos.source_videos(tmp_path / "gate.mp4")


def test_a_source_without_videos(tmp_path):
    with pytest.raises(AbnormalError, match=r"no video in "):
        videos.source_videos(tmp_path)


def test_a_source_with_test_videos_alone_says_which_folders_are_for_training(tmp_path):
    for name in ("monday/a.mp4", "day 10/b.mp4", "day 9/c.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"a video, as its name says")
    with pytest.raises(AbnormalError) as raised:
        videos.source_videos(tmp_path, "training")
    assert str(raised.value) == (
        f"There is no training video in {tmp_path}. Of its sub-folders, only those called normal* "
        "or train* are for training, but there are day 9, day 10, monday. Rename those that show "
        "what is normal, or name one of them alone."
    )
    assert len(videos.source_videos(tmp_path / "monday", "training")) == 1


def test_a_source_that_is_no_video(tmp_path):
    (tmp_path / "gate.mp4").write_text("no video\n")
    (video,) = videos.source_videos(tmp_path / "gate.mp4")
    with (
        pytest.raises(AbnormalError, match=r"gate\.mp4 is not a video that can be read"),
        video.open_frames(8, 10.0),
    ):
        pass


def test_a_file_as_a_source(street_file):
    (video,) = videos.source_videos(street_file)
    assert (video.name, video.frames, video.read_labels()) == ("cart", 0, None)
    with video.open_frames(35, 10.0) as opened:
        assert np.shape(list(opened.frames)) == (26, 35, 35)
        assert (opened.fps, opened.notes) == (10.0, [])


def test_a_folder_as_a_source(street_file, tmp_path):
    (tmp_path / "loitering").mkdir()
    (tmp_path / "loitering" / "gate.mkv").symlink_to(street_file)
    (tmp_path / "yard.mkv").symlink_to(street_file)
    found = videos.source_videos(tmp_path)
    assert {(video.name, video.situation) for video in found} == {
        ("loitering/gate", "loitering"),
        ("yard", ""),
    }


def test_labels_in_a_folder_as_a_source_are_not_used_and_named(street_file, tmp_path, caplog):
    (tmp_path / "yard.mkv").symlink_to(street_file)
    caplog.set_level("INFO")
    videos.source_videos(tmp_path)
    assert "labels" not in caplog.text
    (tmp_path / "labels.csv").write_text("video,start_frame,end_frame\nyard,1,2\n")
    (video,) = videos.source_videos(tmp_path)
    assert video.read_labels() is None
    assert f"{tmp_path / 'labels.csv'} is not used: only `" in caplog.text


def test_without_a_size_the_frames_are_those_of_the_source_in_colours(make_video, tmp_path):
    red = np.zeros((32, 48, 3), np.uint8)
    red[..., 0] = 220
    make_video(tmp_path / "red.mp4", fps=10, pictures=[red] * 6)
    (video,) = videos.source_videos(tmp_path / "red.mp4")
    with video.open_frames(None, 5.0) as opened:
        frames = list(opened.frames)
    assert len(frames) == 3  # resampled like those that are scored
    assert frames[0].shape == (32, 48, 3)
    assert np.abs(frames[0].astype(int) - (220, 0, 0)).max() < 12


def test_stored_frames_without_a_size_have_the_shape_of_their_source(make_img, tmp_path):
    make_img(tmp_path, {"testing/01": 3}, size=16)
    record = json.loads((tmp_path / "testing/01/video.json").read_text())
    record["source"]["shape"] = [24, 40]
    (tmp_path / "testing/01/video.json").write_text(json.dumps(record))
    write_manifest(tmp_path)
    (video,) = videos.stored_videos(tmp_path)
    with video.open_frames(None, 25.0) as opened:
        assert {frame.shape for frame in opened.frames} == {(24, 40)}
