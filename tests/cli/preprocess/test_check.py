"""`--check` reports what is damaged or has changed, and changes nothing."""

from abnormal.cli.preprocess import main


def tree(folder):
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_check_reports_and_changes_nothing(tmp_path, videos, run, make_video, capsys):
    (videos / "labels.csv").write_text("video,start_frame,end_frame\n2,3,5\n")
    run(videos)
    img = tmp_path / "img"

    def check(*options):
        before = tree(tmp_path)
        code = main(["--check", "--img", str(img), *options])
        out, err = capsys.readouterr()
        assert tree(tmp_path) == before
        assert "Traceback" not in err
        return code, out.splitlines()

    totals = [
        "training: 1 videos, 20 frames",
        "testing: 1 videos, 15 frames, 1 of them labelled (2 abnormal frames)",
    ]
    assert check() == (0, totals)
    assert check("--strict") == (0, totals)
    (img / "training" / "normal" / "1" / "000003.jpg").write_text("broken")
    make_video(videos / "fight" / "2.mp4", frames=3)
    code, lines = check()
    assert (code, lines[:2]) == (1, totals)
    assert lines[2:] == [
        "  damaged: training/normal/1: 1 of 20 frames unreadable (000003.jpg)",
        f"  source: testing/fight/2: {videos / 'fight' / '2.mp4'} has changed",
    ]


def test_check_of_no_frames(tmp_path, capsys):
    assert main(["--check", "--img", str(tmp_path)]) == 1
    assert "There are no frames in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
