import pytest

from abnormal.cli.preprocess import main


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.delenv("ABNORMAL_DEBUG", raising=False)


@pytest.fixture
def run(tmp_path, capsys):
    """Runs the program and gives exit code, results and messages."""

    def run(videos, *options, img=tmp_path / "img"):
        code = main(["--videos", str(videos), "--img", str(img), "--workers", "1", *options])
        out, err = capsys.readouterr()
        return code, out, err.replace("\r", "\n").splitlines()

    return run


@pytest.fixture
def videos(tmp_path, make_video, picture_of):
    make_video(tmp_path / "videos" / "normal" / "1.mp4")
    others = [picture_of(number) for number in range(100, 115)]
    make_video(tmp_path / "videos" / "fight" / "2.mp4", pictures=others)
    return tmp_path / "videos"
