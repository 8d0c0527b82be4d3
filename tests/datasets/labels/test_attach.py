import unicodedata

import numpy as np
import PIL.Image
import pytest

from abnormal.datasets.find import find_videos
from abnormal.datasets.source import TESTING, TRAINING
from abnormal.errors import AbnormalError

FRAMES = 12
ABNORMAL = [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0]
MASKS = np.zeros((FRAMES, 32, 48), np.uint8)
MASKS[np.array(ABNORMAL) == 1, :9, :9] = 1


@pytest.fixture
def root(tmp_path, make_video, make_pictures):
    """One normal video and two to be tested, 12 and 7 frames."""
    make_video(tmp_path / "own" / "normal" / "day1.mp4", FRAMES)
    make_video(tmp_path / "own" / "fight" / "gate01.mp4", FRAMES)
    make_pictures(tmp_path / "own" / "fight" / "gate02", 7)
    return tmp_path / "own"


def labels_of(root, labels=None):
    found = find_videos("folder", root, None, labels)
    assert [v.split for v in found.videos if v.name.startswith("normal")] == [TRAINING]
    lengths = {"fight/gate01": FRAMES, "fight/gate02": 7}
    told = {
        video.name: (
            video.annotate(lengths[video.name]).labels.tolist() if video.annotate else None
        )
        for video in found.videos
        if video.split == TESTING
    }
    return told, found


def write_vector(path):
    np.save(path, np.array([*ABNORMAL, *[1] * 7]))


def write_script(path):
    path.write_text("gt_frame = [4:6, 11];\ngt_frame = [1:7];\n")


def write_csv(path):
    path.write_text(
        "video,start_frame,end_frame,situation\n"
        "gate01.mp4,3,6,brawl\nfight/gate01,10,11,chase\nfight/gate02,0,7,\n"
    )


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("labels.csv", write_csv),
        ("labels.m", write_script),
        ("labels.npy", write_vector),
        ("labels.txt", lambda path: path.write_text("\n".join(map(str, [*ABNORMAL, *[1] * 7])))),
        ("labels.npz", lambda path: np.savez(path, gate01=ABNORMAL, gate02=[1] * 7)),
        ("labels.npz", lambda path: np.savez(path, **{"0": ABNORMAL, "1": [1] * 7})),
    ],
)
@pytest.mark.parametrize("place", ["beside", "named"])
def test_one_file_of_all_videos(tmp_path, root, name, write, place):
    path = (root if place == "beside" else tmp_path) / name
    write(path)
    told, found = labels_of(root, path if place == "named" else None)
    assert told == {"fight/gate01": ABNORMAL, "fight/gate02": [1] * 7}
    assert {v.annotation_path for v in found.videos if v.split == TESTING} == {path}


def test_intervals_of_a_matlab_file(tmp_path, root, save_cells):
    path = save_cells(tmp_path / "gt.mat", "gt", [[[4, 11], [6, 11]], [[1], [7]]])
    assert labels_of(root, path)[0] == {"fight/gate01": ABNORMAL, "fight/gate02": [1] * 7}


def one_file_each(folder, save_cells):
    folder.mkdir()
    save_cells(folder / "gate01_label.mat", "volLabel", MASKS)
    (folder / "gate02_gt").mkdir()
    for number in range(7):
        PIL.Image.new("L", (8, 8), 255).save(folder / "gate02_gt" / f"{number}.bmp")


def nested(folder, save_cells):
    (folder / "fight").mkdir(parents=True)
    np.save(folder / "fight" / "gate01.npy", MASKS)
    (folder / "fight" / "gate02.txt").write_text("1 1 1 1 1 1 1")


@pytest.mark.parametrize("make", [one_file_each, nested])
def test_a_folder_with_labels_for_each_video(root, save_cells, make):
    make(root / "labels", save_cells)
    told, found = labels_of(root)
    assert told == {"fight/gate01": ABNORMAL, "fight/gate02": [1] * 7}
    assert len(found.videos) == 3  # masks are no videos
    masked = next(v for v in found.videos if v.name == "fight/gate01")
    np.testing.assert_array_equal(list(masked.annotate(FRAMES).masks), MASKS)


def composed(text):
    return unicodedata.normalize("NFC", text)


def one_folder_deeper(folder):
    (folder / composed("Höfe")).mkdir(parents=True)
    np.save(folder / composed("Höfe") / composed("Tür.npy"), ABNORMAL)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        (
            "labels.csv",
            lambda path: path.write_text(composed("video,start_sec,end_sec\nTür,1,2\n")),
        ),
        ("labels.npz", lambda path: np.savez(path, **{composed("tür"): ABNORMAL})),
        ("labels", one_folder_deeper),
    ],
)
def test_an_umlaut_is_the_same_letter_however_it_is_written(tmp_path, name, write):
    video = tmp_path / unicodedata.normalize("NFD", "Höfe/Tür.mp4")
    for path in (video, tmp_path / "other.mp4", tmp_path / "test" / "other.mp4"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    write(tmp_path / name)
    found = find_videos("folder", tmp_path)
    assert [v.path for v in found.videos if v.annotate] == [video]


def test_normal_videos_of_xd_violence_are_not_trained_on_beside_those_that_are_listed(tmp_path):
    for place in ("v=a__#1_label_B1-0-0", "v=b__#1_label_A", "normal/v=c__#1_label_A", "v=d__#1"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / f"{place}.mp4").touch()
    (tmp_path / "annotations.txt").write_text("v=a__#1_label_B1-0-0 3 6\n")
    videos = find_videos("folder", tmp_path).videos
    facts = {v.name: (v.split, v.annotate and v.annotate(9).labels.sum()) for v in videos}
    assert facts == {
        "v=a__#1_label_B1-0-0": (TESTING, 3),
        "v=b__#1_label_A": (TESTING, 0),
        "v=d__#1": (TRAINING, None),
        "normal/v=c__#1_label_A": (TRAINING, None),
    }
    assert next(v for v in videos if v.name == "v=b__#1_label_A").may_be_normal


def test_one_vector_for_several_stacks_of_pages(tmp_path):
    pages = [PIL.Image.new("L", (8, 8), number) for number in range(3)]
    for name, count in (("a", 3), ("b", 2)):
        pages[0].save(tmp_path / f"{name}.tif", save_all=True, append_images=pages[1:count])
    np.save(tmp_path / "labels.npy", np.array([0, 0, 1, 1, 0]))
    videos = find_videos("folder", tmp_path, TESTING).videos
    assert [v.annotate(9).labels.tolist() for v in videos] == [[0, 0, 1], [1, 0]]


@pytest.mark.parametrize("row", [".", "./", "/", "..", "x" * 300])
def test_a_row_that_names_no_video_is_said(tmp_path, root, row):
    path = tmp_path / "labels.csv"
    path.write_text(f'video,start_frame,end_frame\ngate01,1,2\n"{row}",,\n')
    notes = find_videos("folder", root, None, path).notes
    assert notes[0] == f"{path} names {row}: there is no such video"


def test_a_long_name_is_found_by_its_row(tmp_path):
    name = "v=" + "x" * 200
    (tmp_path / f"{name}.mp4").touch()
    (tmp_path / "labels.csv").write_text(f"video,start_frame,end_frame\n{name}.mp4,1,2\n")
    (video,) = find_videos("folder", tmp_path).videos
    assert video.split == TESTING


def test_rows_make_a_video_one_for_testing_and_name_its_situation(root):
    (root / "labels.csv").write_text(
        "video,start_frame,end_frame,situation\ngate01,3,6,brawl\ngate01,10,11,chase\n"
        "day1.mp4,,\nday9,1,2\n"
    )
    found = find_videos("folder", root)
    facts = {v.name: (v.split, v.situation) for v in found.videos}
    assert facts == {
        "fight/gate01": (TESTING, "brawl + chase"),
        "fight/gate02": (TESTING, "fight"),
        "normal/day1": (TESTING, ""),
    }
    labels = {v.name: v.annotate(FRAMES).labels.tolist() for v in found.videos if v.annotate}
    assert labels == {"fight/gate01": ABNORMAL, "normal/day1": [0] * FRAMES}
    assert found.notes == [
        f"{root / 'labels.csv'} names day9: there is no such video",
        f"{root / 'labels.csv'} has no labels for fight/gate02",
    ]


def test_a_name_that_fits_two_videos_is_no_name(tmp_path, make_video):
    for folder in ("a", "b"):
        make_video(tmp_path / folder / "gate.mp4", 5)
    (tmp_path / "labels.csv").write_text("video,start_frame,end_frame\ngate,1,2\nb/gate,2,4\n")
    found = find_videos("folder", tmp_path)
    labels = [v.annotate(5).labels.tolist() if v.annotate else None for v in found.videos]
    assert labels == [None, [0, 0, 1, 1, 0]]
    assert "names gate: there is no such video" in found.notes[0]


def test_a_file_with_labels_of_a_part_of_the_videos(tmp_path, root):
    np.savez(tmp_path / "a.npz", gate02=[1] * 7, other=[0])
    told, found = labels_of(root, tmp_path / "a.npz")
    assert told == {"fight/gate01": None, "fight/gate02": [1] * 7}
    assert found.notes == [f"{tmp_path / 'a.npz'} has no labels for fight/gate01"]


def test_one_test_video_has_a_file_of_its_own(tmp_path, root, save_cells):
    (root / "fight" / "gate02").rename(root / "normal" / "gate02")
    path = save_cells(tmp_path / "masks.mat", "volLabel", MASKS)
    np.save(tmp_path / "masks.npy", MASKS)
    for labels in (path, tmp_path / "masks.npy"):
        (tested,) = [v for v in find_videos("folder", root, None, labels).videos if v.annotate]
        assert tested.annotate(FRAMES).labels.tolist() == ABNORMAL
        np.testing.assert_array_equal(list(tested.annotate(FRAMES).masks), MASKS)


def test_nothing_to_be_tested(tmp_path, make_video):
    make_video(tmp_path / "normal" / "a.mp4", 3)
    (tmp_path / "labels.txt").write_text("0 0 0")
    found = find_videos("folder", tmp_path)
    assert found.notes == [f"{tmp_path / 'labels.txt'} is not used: no video is for testing"]


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("gone.csv", lambda path: None, r"There is no file or folder .*gone\.csv"),
        ("a.doc", lambda path: path.write_text("x"), r"is no file of labels. Expected: \.csv"),
        ("empty", lambda path: path.mkdir(), r"There are no labels in .* for any of fight/gate01"),
    ],
)
def test_what_are_no_labels(tmp_path, root, name, make, message):
    make(tmp_path / name)
    with pytest.raises(AbnormalError, match=message):
        find_videos("folder", root, None, tmp_path / name)


def test_masks_of_one_video_for_two(tmp_path, root, save_cells):
    path = save_cells(tmp_path / "masks.mat", "volLabel", MASKS)
    with pytest.raises(AbnormalError, match="masks of one video, but 2 are for testing"):
        find_videos("folder", root, None, path)


def test_two_cameras_with_the_same_numbers(tmp_path, make_pictures):
    for camera in ("UCSDped1", "UCSDped2"):
        make_pictures(tmp_path / "ucsd" / camera / "Test" / "Test001", 3)
    write_script(tmp_path / "ped.m")
    with pytest.raises(AbnormalError, match="cannot be told apart by the numbers"):
        find_videos("ucsd", tmp_path / "ucsd", None, tmp_path / "ped.m")


def test_several_labels_are_a_question(root):
    for name in ("labels.txt", "labels.csv"):
        (root / name).write_text("")
    with pytest.raises(AbnormalError, match=r"several labels in .*labels\.csv, labels\.txt.*--lab"):
        find_videos("folder", root)


def test_a_file_of_a_name_that_two_videos_have_is_nobodys(tmp_path, make_video):
    for folder in ("a", "b"):
        make_video(tmp_path / "own" / folder / "gate.mp4", 3)
    (tmp_path / "labels" / "b").mkdir(parents=True)
    (tmp_path / "labels" / "gate.txt").write_text("1 1 1")
    (tmp_path / "labels" / "b" / "gate.txt").write_text("0 1 0")
    found = find_videos("folder", tmp_path / "own", None, tmp_path / "labels")
    labels = [v.annotate(3).labels.tolist() if v.annotate else None for v in found.videos]
    assert labels == [None, [0, 1, 0]]


def test_a_name_that_may_be_one_of_a_training_video_is_asked_for(tmp_path, make_video):
    for folder in ("normal", "b"):
        make_video(tmp_path / folder / "gate.mp4", 5)
    (tmp_path / "labels.csv").write_text("video,start_frame,end_frame\ngate,1,2\n")
    with pytest.raises(AbnormalError, match="'gate', which may be any of b/gate, normal/gate"):
        find_videos("folder", tmp_path)


@pytest.mark.parametrize(
    "row", ["day1", "day1.mp4", "DAY1.MP4", "normal/day1.mp4", "normal\\day1.mp4", "./normal/day1"]
)
def test_a_video_is_found_however_it_is_written(root, row):
    (root / "labels.csv").write_text(f"video;start_sec;end_sec\n{row};0,1;0,2\n")
    (video,) = [v for v in find_videos("folder", root).videos if v.name == "normal/day1"]
    assert (video.split, video.abnormal_sec) == (TESTING, ((0.1, 0.2),))


def test_the_published_labels_are_found_by_their_name(root):
    name = "Temporal_Anomaly_Annotation_for_Testing_Videos.txt"
    (root / name).write_text("gate01.mp4  Abuse  4  6  11  11\nday1.mp4  Normal  -1  -1  -1  -1\n")
    found = {video.name: video for video in find_videos("folder", root).videos}
    assert found["fight/gate01"].annotate(FRAMES).labels.tolist() == ABNORMAL
    assert found["fight/gate01"].situation == "Abuse"
    assert (found["normal/day1"].split, found["normal/day1"].may_be_normal) == (TESTING, True)


@pytest.mark.parametrize("name", ["labels.xlsx", "labels.json", "labels"])
def test_labels_in_an_unknown_form_are_not_ignored(root, name):
    (root / name).write_text("x")
    with pytest.raises(AbnormalError, match=rf"{name} is no file of labels .*give it another name"):
        find_videos("folder", root)


@pytest.mark.parametrize("content", ["video,start_frame\nday1,1\n", "day1.mp4,3,6\n", ""])
def test_labels_that_are_not_understood_stop_the_run(root, content):
    (root / "labels.csv").write_text(content)
    with pytest.raises(AbnormalError, match=r"labels\.csv begins with .* Expected: a line with"):
        find_videos("folder", root)
