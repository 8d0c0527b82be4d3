"""UCSD: masks or intervals, cameras, and clips without labels."""

from abnormal.datasets.source import TESTING
from abnormal.datasets.ucsd import find as find_ucsd
from tests.datasets.layout_trees import ABNORMAL, FRAMES, SCRIPT


def test_ucsd_without_masks_has_the_intervals_of_its_script(trees):
    root = trees("ucsd")
    for number in (1, 2):
        masked = root / "UCSDped2" / "Test" / f"Test00{number}_gt"
        masked.rename(masked.with_name(f".Test00{number}_gt"))
    tested = [video for video in find_ucsd(root) if video.split == TESTING]
    for video in tested:
        assert video.annotate(FRAMES).labels.tolist() == ABNORMAL
        assert video.annotate(FRAMES).masks is None
    assert [video.annotation_path.name for video in tested] == ["UCSDped2.m"] * 2


def test_ucsd_clips_know_their_camera_and_rate(trees):
    root = trees("ucsd")
    for place in (root, root / "UCSDped2"):
        video = find_ucsd(place)[0]
        assert (video.name, video.camera) == ("UCSDped2/Train001", "UCSDped2")
        with video.open_frames() as stream:
            assert stream.fps == 10


def test_another_folder_among_the_test_clips_of_ucsd_is_a_clip_without_labels(
    tmp_path, make_pictures
):
    for name in ("Test001", "extra"):
        make_pictures(tmp_path / "UCSDped2" / "Test" / name, FRAMES)
    (tmp_path / "UCSDped2" / "Test" / "UCSDped2.m").write_text(SCRIPT)

    labelled = {video.name: bool(video.annotate) for video in find_ucsd(tmp_path)}

    assert labelled == {"UCSDped2/Test001": True, "UCSDped2/extra": False}


def test_ped1_has_masks_for_some_clips_and_intervals_for_all(trees):
    camera = trees("ucsd") / "UCSDped2"
    masked = camera / "Test" / "Test002_gt"
    masked.rename(masked.with_name(".Test002_gt"))
    tested = [video for video in find_ucsd(camera) if video.split == TESTING]
    assert [video.annotate(FRAMES).labels.tolist() for video in tested] == [ABNORMAL] * 2
    assert [video.annotate(FRAMES).masks is None for video in tested] == [False, True]
