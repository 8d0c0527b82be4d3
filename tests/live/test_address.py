import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.cli.program import _write_log
from abnormal.errors import AbnormalError
from abnormal.live.address import (
    Camera,
    cameras_from_sources,
    is_stream,
    read_cameras,
    without_secrets,
)


@pytest.mark.parametrize(
    ("source", "live"),
    [
        ("0", True),
        ("rtsp://host/stream", True),
        ("http://host/stream.mjpg", True),
        ("gate.mp4", False),
        ("videos", False),
        ("/dev/null", True),
    ],
)
def test_cameras_and_streams_are_told_from_files(source, live):
    assert is_stream(source) is live


def test_a_folder_called_like_a_number_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "01").mkdir()
    assert not is_stream("01")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://me:secret@host:554/a", "rtsp://host:554/a"),
        ("rtsp://me:p@ss:w@host/a", "rtsp://host/a"),
        ("http://host/a?user=me&pwd=secret", "http://host/a"),
        ("http://host/a#secret", "http://host/a"),
        ("HTTP://me:secret@host", "HTTP://host"),
        (
            "['--source', 'rtsp://me:secret@host/a?k=secret', 'b']",
            "['--source', 'rtsp://host/a', 'b']",
        ),
        ("me@host is no URL", "me@host is no URL"),
    ],
)
def test_no_secret_is_shown(text, shown):
    assert without_secrets(text) == shown


WORD = st.text("abcxyz0189-_.~!$&*+,;=%", min_size=1, max_size=8)


@given(WORD, WORD, WORD)
def test_whatever_the_password_is_it_is_not_shown(user, word, query):
    secret = f"SECRET{word}"
    url = f"rtsp://{user}:{secret}@host/stream?key={secret}{query}"
    assert "SECRET" not in without_secrets(f"cannot open '{url}': gone")
    (camera,) = cameras_from_sources([url])
    assert "SECRET" not in camera.name


def test_cameras_are_named_after_where_they_are():
    sources = ["0", "rtsp://me:secret@gate.lan:554/s/1", "b/gate.mp4", "c/gate.mp4", "d/gate.mp4"]
    names = [camera.name for camera in cameras_from_sources(sources)]
    assert names == ["camera0", "gate.lan-554-s-1", "gate", "gate-2", "gate-3"]


def test_a_table_of_cameras(tmp_path):
    path = tmp_path / "cameras.csv"
    path.write_text("name, source, camera\ngate, rtsp://me:secret@gate/1, north\nyard,1,\n")
    assert read_cameras(path, "south") == [
        Camera("gate", "rtsp://me:secret@gate/1", "north"),
        Camera("yard", "1", "south"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,source\n", "names no camera"),
        ("name,source\ngate,\n", "line 2, has no source"),
        ("nom,source\ngate,0\n", "line 2, has no name"),
        ("name,source\na,0\na,1\n", "the name 'a' twice"),
        ("name,source\na/b,0\n", "part of file names"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text, says):
    path = tmp_path / "cameras.csv"
    path.write_text(text)
    with pytest.raises(AbnormalError, match=says):
        read_cameras(path)


def test_the_log_of_a_bug_has_no_password(monkeypatch):
    monkeypatch.setattr("sys.argv", ["test_model.py", "--source", "rtsp://me:secret@host/a?secret"])
    path = _write_log()
    text = path.read_text()
    path.unlink()
    assert "rtsp://host/a" in text
    assert "secret" not in text


def test_a_source_is_named_once_and_without_its_password():
    with pytest.raises(AbnormalError, match="rtsp://host is given twice") as raised:
        cameras_from_sources(["rtsp://me:secret@host"] * 2)
    assert "secret" not in str(raised.value)
