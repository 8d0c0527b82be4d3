"""Workers are refused that see other files, but not because a recorder goes on meanwhile."""

from abnormal.tasks.worker_check import open_worker_check


def test_a_folder_may_get_more_files_but_has_to_have_some(tmp_path):
    videos, labels, output = tmp_path / "videos", tmp_path / "labels.csv", tmp_path / "img"
    for folder in (videos, output):
        folder.mkdir()
    for path in (videos / "1.mp4", labels):
        path.write_text("video")
    with open_worker_check([videos, labels], output) as check:
        assert check() == ""
        (videos / "2.mp4").touch()
        assert check() == ""
        for path in videos.iterdir():
            path.unlink()
        assert check().startswith(f"sees an empty folder at {videos}, and a folder with files")
