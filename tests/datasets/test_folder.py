"""A folder of one's own: which videos are in it, what they are called, and which are normal."""

from pathlib import Path

import pytest

from abnormal.datasets.folder import find as find_folder
from abnormal.datasets.folder import find_all
from abnormal.datasets.source import TESTING, TRAINING
from tests.datasets.layout_trees import files

CAMERAS = {
    "gate/normal": (TRAINING, "", "gate"),
    "gate/theft": (TESTING, "theft", "gate"),
    "yard/normal": (TRAINING, "", "yard"),
}


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


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (
            ("normal/", "loitering/"),
            {"normal": (TRAINING, ""), "loitering": (TESTING, "loitering")},
        ),
        (("train/", "test/"), {"train": (TRAINING, ""), "test": (TESTING, "test")}),
        (
            ("normal/a.mp4", "fight/", "running/b/"),
            {
                "normal/a": (TRAINING, ""),
                "fight": (TESTING, "fight"),
                "running/b": (TESTING, "running"),
            },
        ),
        (("monday/", "tuesday/"), {"monday": (TRAINING, ""), "tuesday": (TRAINING, "")}),
    ],
)
def test_a_folder_of_pictures_is_a_situation_too_where_its_neighbour_is_called_normal(
    tmp_path, places, expected
):
    for place in places:
        files(tmp_path, *([f"{place}1.png", f"{place}2.png"] if place[-1] == "/" else [place]))
    found = find_folder(tmp_path)
    assert {video.name: (video.split, video.situation) for video in found} == expected


def test_folders_of_pictures_called_normal_are_those_of_cameras(tmp_path):
    files(tmp_path, *(f"{name}/{n}.png" for name in CAMERAS for n in (1, 2)))
    facts = {v.name: (v.split, v.situation, v.camera) for v in find_folder(tmp_path)}
    assert facts == CAMERAS


@pytest.mark.parametrize(
    ("pictures", "names"),
    [
        ({".": 5, "monday": 6, "tuesday": 2, "poster": 1}, ["monday", "poster", "tuesday"]),
        ({"gate": 5, "gate/thumbnails": 5, "gate/flow": 5}, ["gate"]),
    ],
)
def test_stray_pictures_do_not_outweigh_folders_of_pictures(tmp_path, caplog, pictures, names):
    files(tmp_path, *(f"{name}/{n}.jpg" for name, count in pictures.items() for n in range(count)))
    assert [video.name for video in find_folder(tmp_path)] == names
    assert [text for text in caplog.messages if "such as" in text] == (
        []
        if "." in pictures
        else [
            f"{tmp_path / 'gate'} has at least as many pictures as any folder in it, and is taken "
            "for the frames of one video. Passed over: 2 folders of pictures in it, such as "
            f"{tmp_path / 'gate' / 'flow'}. If those are the videos, move its own pictures "
            "elsewhere."
        ]
    )


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (
            ["gate.avi", "gate.mp4", "gate_mp4.mkv", "gate_avi/a.mp4"],
            ["gate_avi/a", "gate_avi_avi", "gate_mp4", "gate_mp4_mp4"],
        ),
        (["a\n.mp4", "a%0A.mp4"], ["a%0A_mp4", "a%0A_mp4_mp4"]),
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


def test_what_the_program_has_written_in_the_folder_itself_is_no_footage(
    tmp_path, make_video, make_img
):
    make_video(tmp_path / "gate.mp4")
    make_img(tmp_path / "img", {"training/01": 3, "testing/cart/02": 3})
    make_img(tmp_path / "killed", {"training/01": 3})
    (tmp_path / "killed" / "manifest.json").unlink()
    written = (
        ("results", ("scores.csv", "events.csv", "metrics.json", "videos/gate.mp4")),
        ("unfinished", (".unfinished/run.json", "anomalies/gate.mp4")),
        ("live", ("events.jsonl", "clips/gate-1.mp4")),
    )
    for folder, names in written:
        files(tmp_path / folder, *names)

    videos, passed_over = find_all(tmp_path)

    assert [video.name for video in videos] == ["gate"]
    assert {path.relative_to(tmp_path).as_posix() for path in passed_over.harmless} == {
        *("img", "killed/training/01", "results", "unfinished", "live")
    }


@pytest.mark.parametrize("place", [".", "testing", "testing/cart"])
def test_frames_that_are_asked_for_are_footage(tmp_path, make_img, place, monkeypatch):
    make_img(tmp_path, {"training/01": 3, "testing/cart/02": 3})
    expected = ["02", "01"] if place == "." else ["02"]
    assert [video.path.name for video in find_folder(tmp_path / place)] == expected
    monkeypatch.chdir(tmp_path / place)
    assert [video.path.name for video in find_folder(Path())] == expected


@pytest.mark.parametrize(
    "name", ["#recycle", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"]
)
def test_what_a_system_keeps_for_itself_is_no_footage(tmp_path, name):
    files(tmp_path, "normal/a.mp4", f"{name}/burglary.mp4", f"normal/{name}/S-1-5/b.mp4")
    assert [video.name for video in find_folder(tmp_path)] == ["normal/a"]


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
