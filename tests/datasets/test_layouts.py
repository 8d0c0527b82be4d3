import dataclasses
import functools
import pickle
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from abnormal.datasets.avenue import find as find_avenue
from abnormal.datasets.demo import find_demo
from abnormal.datasets.drawn import find_drawn
from abnormal.datasets.find import find_videos
from abnormal.datasets.folder import find as find_folder
from abnormal.datasets.frame_folder import find as find_frame_folder
from abnormal.datasets.layouts import DATASETS, DRAWN
from abnormal.datasets.source import TESTING, TRAINING
from abnormal.datasets.ucsd import find as find_ucsd
from abnormal.errors import AbnormalError
from abnormal.files import natural_key

FRAMES = 12
ABNORMAL = [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0]  # as in SCRIPT, for each test video
SCRIPT = """TestVideoFile = {};
% TestVideoFile{end+1}.gt_frame = [1:2];
TestVideoFile{end+1}.gt_frame = [4:6, 11:11];
TestVideoFile{end+1}.gt_frame = [4:6 11];
"""


def masks(height, width):
    """One mask per frame; its upper right corner is marked where the frame is abnormal."""
    found = np.zeros((FRAMES, height, width), np.uint8)
    found[np.array(ABNORMAL) == 1, : height // 2, width // 2 :] = 1
    return found


def save_masks(folder, names):
    folder.mkdir(parents=True)
    for number, mask in enumerate(masks(32, 48)):
        PIL.Image.fromarray(mask * 255).save(folder / names.format(number + 1))


def junk(folder):
    for name in (".DS_Store", "._001.tif", "._UCSDped2.m", "UCSDped2.m~", "Thumbs.db"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("junk")


@pytest.fixture
def trees(tmp_path, make_video, make_pictures, save_cells):
    """Each layout as it lies on a disk, with 10 training and 2 test videos."""

    def folder(root):
        for number in range(1, 11):
            make_video(root / "normal" / f"day{number}.mp4", FRAMES)
        make_video(root / "loitering" / "deep" / "gate.avi", FRAMES, codec="mjpeg")
        make_pictures(root / "running" / "gate", FRAMES)

    def frame_folder(root):
        for number in range(1, 11):
            make_pictures(root / "training" / "frames" / f"{number:02d}", FRAMES, "{:03d}.jpg")
        for number in (1, 2):
            make_pictures(root / "testing" / "frames" / f"{number:02d}", FRAMES, "{:03d}.jpg")
            save_masks(root / "masks" / f"Test{number:03d}_gt", "{:03d}.png")

    def avenue(root):
        for number in range(1, 11):
            make_video(root / "training_videos" / f"{number:02d}.avi", FRAMES, codec="mjpeg")
        for number in (1, 2):
            make_video(root / "testing_videos" / f"{number:02d}.avi", FRAMES, codec="mjpeg")
            path = root / "ground_truth_demo" / "testing_label_mask" / f"{number}_label.mat"
            save_cells(path, "volLabel", masks(32, 48))

    def ucsd(root):
        camera = root / "UCSDped2"
        for number in range(1, 11):
            make_pictures(camera / "Train" / f"Train{number:03d}", FRAMES, "{:03d}.tif")
        for number in (1, 2):
            make_pictures(camera / "Test" / f"Test{number:03d}", FRAMES, "{:03d}.tif")
            save_masks(camera / "Test" / f"Test{number:03d}_gt", "frame{:03d}.bmp")
        (camera / "Test" / "UCSDped2.m").write_text(SCRIPT)

    def shanghaitech(root):
        for number in range(1, 11):
            make_video(root / "training" / "videos" / f"{number:02d}_001.avi", FRAMES, fps=24)
        for name in ("01_0014", "12_0142"):
            make_pictures(root / "testing" / "frames" / name, FRAMES, "{:03d}.jpg")
            for kind, array in (("frame", np.array(ABNORMAL, np.uint8)), ("pixel", masks(32, 48))):
                path = root / "testing" / f"test_{kind}_mask" / f"{name}.npy"
                path.parent.mkdir(exist_ok=True)
                np.save(path, array)

    makers = [folder, frame_folder, avenue, ucsd, shanghaitech]

    def build(name, root=tmp_path / "tree"):
        {maker.__name__: maker for maker in makers}[name](root)
        for place in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            junk(place)
        return root

    return build


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


def test_folder_names_splits_and_situations(trees):
    facts = [(v.split, v.name, v.situation) for v in find_folder(trees("folder"))]
    assert facts == [
        (TESTING, "loitering/deep/gate", "loitering"),
        *[(TRAINING, f"normal/day{number}", "") for number in range(1, 11)],
        (TESTING, "running/gate", "running"),
    ]


@pytest.mark.parametrize(
    ("place", "split"),
    [
        ("a.mp4", TRAINING),
        ("normal/a.mp4", TRAINING),
        ("Normal_week1/a.mp4", TRAINING),
        ("training/a.mp4", TRAINING),
        ("Train/deep/a.mp4", TRAINING),
        ("abnormal/a.mp4", TESTING),
        ("testing/a.mp4", TESTING),
        ("fight/normal/a.mp4", TESTING),
    ],
)
def test_which_videos_of_a_folder_are_normal(tmp_path, place, split):
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert [video.split for video in find_folder(tmp_path)] == [split]
    assert [video.split for video in find_folder(tmp_path, TESTING)] == [TESTING]


def files(root, *places):
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).touch()
    return root


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (["gate.avi", "gate.mp4", "yard.mp4"], ["gate_avi", "gate_mp4", "yard"]),
        (["gate.mp4", "gate/1.png", "gate/2.png"], ["gate_frames", "gate_mp4"]),
        (["normal.mp4", "normal/a.mp4"], ["normal/a", "normal_mp4"]),
        (["normal/poster.jpg", "normal/b.jpg", "normal/a.mp4"], ["normal/a"]),
        (["cover.png", "a/1.png", "a/2.png", "b/1.png", "b/2.png"], ["a", "b"]),
        (["a/1.png", "a/2.png", "a/masks/1.png", "a/masks/2.png"], ["a"]),
        (["a.b.mp4", ".hidden.mp4", ".trash/c.mp4", "notes.txt"], ["a.b"]),
    ],
)
def test_names_of_videos_in_a_folder_are_distinct_and_none_lies_in_another(tmp_path, places, names):
    assert sorted(video.name for video in find_folder(files(tmp_path, *places))) == names


def test_a_folder_of_pictures_is_one_video(tmp_path, make_pictures):
    (video,) = find_folder(make_pictures(tmp_path / "gate"))
    assert (video.name, video.split, video.path) == ("gate", TRAINING, tmp_path / "gate")


def test_one_video_file(tmp_path, make_video):
    (video,) = find_folder(make_video(tmp_path / "gate.mp4"), TESTING)
    assert (video.name, video.split) == ("gate", TESTING)


def test_a_link_to_a_folder_above_is_not_followed(tmp_path, make_video):
    make_video(tmp_path / "normal" / "a.mp4", 1)
    (tmp_path / "normal" / "loop").symlink_to(tmp_path)
    (tmp_path / "fight").symlink_to(tmp_path / "normal")
    assert [video.name for video in find_folder(tmp_path)] == ["fight/a", "normal/a"]


@pytest.mark.parametrize(("name", "fps"), [("ped2", 10), ("UCSD_Ped1", 10), ("Avenue", 25)])
def test_a_known_data_set_of_frames_has_its_rate(tmp_path, make_pictures, name, fps):
    make_pictures(tmp_path / name / "testing" / "frames" / "01", 1)
    (video,) = find_frame_folder(tmp_path / name)
    with video.open_frames() as stream:
        assert stream.fps == fps
    (tmp_path / name).rename(tmp_path / "other")
    with find_frame_folder(tmp_path / "other")[0].open_frames() as stream:
        assert stream.fps is None


@pytest.mark.parametrize("name", ["ped2.m", "ped2.mat"])
def test_frame_folders_with_intervals(tmp_path, make_pictures, save_cells, name):
    root = tmp_path / "ped2"
    make_pictures(root / "testing" / "frames" / "02", FRAMES)
    if name == "ped2.m":
        (root / name).write_text("gt_frame = [1:2];\ngt_frame = [4:6, 11:11];\n")
    else:
        save_cells(root / name, "gt", [[[1], [2]], [[4, 11], [6, 11]]])
    (root / "._ped2.m").write_text("junk")
    (video,) = find_frame_folder(root)
    assert video.annotate(FRAMES).labels.tolist() == ABNORMAL
    assert (video.annotate(FRAMES).masks, video.annotation_path) == (None, root / name)


def test_frame_folders_without_labels(tmp_path, make_pictures):
    make_pictures(tmp_path / "testing" / "frames" / "gate", FRAMES)
    (video,) = find_frame_folder(tmp_path)
    assert (video.annotate, video.annotation_path) == (None, None)


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


def test_avenue_without_its_masks(trees):
    root = trees("avenue")
    (root / "ground_truth_demo").rename(root / "elsewhere")
    assert {video.annotate for video in find_avenue(root)} == {None}


def test_a_folder_that_has_another_layout(trees):
    with pytest.raises(AbnormalError, match=r"is not laid out as ucsd: docs/DATA\.md shows"):
        find_videos("ucsd", trees("avenue"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: None, r"There is no folder .*--videos"),
        (lambda root: root.mkdir(), r"There is no video in .*Expected: .*\.mp4.*\.jpg"),
        (lambda root: files(root, "a.txt", "b/c.mat"), "There is no video in"),
        (lambda root: files(root, "training_videos/a.txt"), "There is no video in"),
    ],
    ids=["missing", "empty", "nothing usable", "empty avenue"],
)
def test_a_folder_without_videos(tmp_path, make, message):
    make(tmp_path / "videos")
    with pytest.raises(AbnormalError, match=message):
        find_videos("auto", tmp_path / "videos")


def test_no_folder_named():
    with pytest.raises(AbnormalError, match="--videos FOLDER, or --dataset demo"):
        find_videos("auto", None)


def test_the_demo_needs_no_folder():
    found = find_videos("demo", None)
    assert found.layout == "demo"
    assert len(found.videos) == 12


def test_split_is_refused_where_the_layout_says_it(tmp_path, make_video):
    make_video(tmp_path / "training_videos" / "01.avi")

    with pytest.raises(AbnormalError, match=r"read as avenue.*--dataset folder"):
        find_videos("auto", tmp_path, "testing")


def test_a_folder_passes_over_the_frames_that_were_made_in_it(tmp_path, make_video, make_img):
    make_video(tmp_path / "gate.mp4")
    make_img(tmp_path / "img", {"training/01": 3, "testing/cart/02": 3})

    assert [video.name for video in find_folder(tmp_path)] == ["gate"]


def test_videos_in_train_and_test_are_not_ucsd(tmp_path, make_video):
    make_video(tmp_path / "Train" / "a.mp4")
    make_video(tmp_path / "Test" / "b.mp4")

    found = find_videos("auto", tmp_path)

    assert found.layout == "folder"
    assert {(video.name, video.split) for video in found.videos} == {
        ("Train/a", TRAINING),
        ("Test/b", TESTING),
    }


def test_another_folder_among_the_test_clips_of_ucsd_is_a_clip_without_labels(
    tmp_path, make_pictures
):
    for name in ("Test001", "extra"):
        make_pictures(tmp_path / "UCSDped2" / "Test" / name, FRAMES)
    (tmp_path / "UCSDped2" / "Test" / "UCSDped2.m").write_text(SCRIPT)

    labelled = {video.name: bool(video.annotate) for video in find_ucsd(tmp_path)}

    assert labelled == {"UCSDped2/Test001": True, "UCSDped2/extra": False}


def test_thirteen_cameras_by_the_names_of_their_videos(trees):
    found = find_videos("auto", trees("shanghaitech"))
    assert found.reason.endswith("has training/videos/01_001.avi")
    cameras = {video.name: video.camera for video in found.videos}
    assert cameras["12_0142"] == "12"
    assert {name[:2] for name in cameras} == set(cameras.values())
    with found.videos[-1].open_frames() as stream:
        assert stream.fps == 24


def test_shanghaitech_without_pixel_masks_has_those_of_frames(trees):
    root = trees("shanghaitech")
    (root / "testing" / "test_pixel_mask").rename(root / "elsewhere")
    for video in find_videos("auto", root).videos[-2:]:
        annotation = video.annotate(FRAMES)
        assert (annotation.labels.tolist(), annotation.masks) == (ABNORMAL, None)


def test_masks_and_labels_that_contradict_each_other(trees):
    root = trees("shanghaitech")
    path = root / "testing" / "test_pixel_mask" / "01_0014.npy"
    np.save(path, np.zeros((FRAMES - 1, 32, 48), bool))
    with pytest.raises(AbnormalError, match="11 masks for 12 labels"):
        find_videos("auto", root).videos[-2].annotate(FRAMES)


@pytest.mark.parametrize("name", ["avenue", "ucsd", "shanghaitech", "frame_folder"])
def test_a_data_set_is_found_one_folder_deeper(tmp_path, trees, name):
    (tmp_path / "outer").mkdir()
    trees(name).rename(tmp_path / "outer" / "Data Set")
    (tmp_path / "outer" / "__MACOSX" / "Data Set").mkdir(parents=True)
    found = find_videos("auto", tmp_path / "outer")
    assert (found.layout, len(found.videos)) == (name, 12)
    assert found.reason.startswith(f"{tmp_path / 'outer' / 'Data Set'} has ")
    assert all(video.annotate for video in found.videos if video.split == TESTING)


def test_the_two_archives_of_avenue_unpacked_side_by_side(tmp_path, trees, make_video):
    (tmp_path / "outer").mkdir()
    inner = trees("avenue").rename(tmp_path / "outer" / "Avenue Dataset")
    (inner / "ground_truth_demo").rename(tmp_path / "outer" / "ground_truth_demo")
    make_video(tmp_path / "outer" / "ground_truth_demo" / "testing_videos" / "01.avi", 2)
    for place in (tmp_path / "outer", inner):
        found = find_videos("auto", place)
        assert (found.layout, len(found.videos)) == ("avenue", 12)
        tested = [video for video in found.videos if video.split == TESTING]
        assert all(video.annotate(FRAMES).labels.tolist() == ABNORMAL for video in tested)


def test_other_videos_beside_a_data_set_are_not_passed_over(tmp_path, trees, make_video):
    (tmp_path / "outer").mkdir()
    trees("avenue").rename(tmp_path / "outer" / "avenue")
    make_video(tmp_path / "outer" / "own" / "gate.mp4", 2)
    found = find_videos("auto", tmp_path / "outer")
    assert found.layout == "folder"
    assert "own/gate" in {video.name for video in found.videos}
    assert find_videos("auto", tmp_path / "outer" / "avenue").layout == "avenue"


def test_ped1_has_masks_for_some_clips_and_intervals_for_all(trees):
    camera = trees("ucsd") / "UCSDped2"
    masked = camera / "Test" / "Test002_gt"
    masked.rename(masked.with_name(".Test002_gt"))
    tested = [video for video in find_ucsd(camera) if video.split == TESTING]
    assert [video.annotate(FRAMES).labels.tolist() for video in tested] == [ABNORMAL] * 2
    assert [video.annotate(FRAMES).masks is None for video in tested] == [False, True]


def test_sub_folders_with_normal_folders_of_their_own_are_cameras(tmp_path):
    places = ["gate/normal/a.mp4", "gate/fight/b.mp4", "yard/train_2/a.mp4", "yard/c.mp4"]
    facts = {
        video.name: (video.split, video.situation, video.camera)
        for video in find_folder(files(tmp_path, *places))
    }
    assert facts == {
        "gate/normal/a": (TRAINING, "", "gate"),
        "gate/fight/b": (TESTING, "fight", "gate"),
        "yard/train_2/a": (TRAINING, "", "yard"),
        "yard/c": (TRAINING, "", "yard"),
    }
