import pytest

from abnormal.cli.program import _write_log
from abnormal.errors import AbnormalError
from abnormal.live.address import (
    Camera,
    cameras_from_sources,
    is_stream,
    read_cameras,
    require_devices,
)
from abnormal.urls import remember_secrets


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


def test_cameras_are_named_after_where_they_are():
    sources = ["0", "rtsp://me:secret@gate.lan:554/s/1", "http://gate.lan/user=me&password=secret"]
    sources += ["rtsp://[::1]/a", "http://host/?password=p@secret", "udp://:5004?key=secret"]
    sources += ["b/gate.mp4", "c/gate.mp4", "c/gate-2.mp4", "d/gate.mp4"]
    names = [camera.name for camera in cameras_from_sources(sources)]
    assert names == [
        *("camera0", "gate.lan", "gate.lan-2", "1", "camera", "camera-2"),
        *("gate", "gate-2", "gate-2-2", "gate-3"),
    ]


@pytest.mark.parametrize("password", ["se/cret", "se?cret", "se#cret"])
def test_an_address_that_nobody_can_understand_is_refused_without_showing_it(password, tmp_path):
    source = f"rtsp://me:{password}@host/a"
    table = tmp_path / "cameras.csv"
    table.write_text(f"name,source\ngate,{source}\n")
    for read in (lambda: cameras_from_sources([source]), lambda: read_cameras(table)):
        with pytest.raises(AbnormalError, match="cannot be understood") as raised:
            read()
        assert "cret" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["file", "concat", "data", "FILE"])
def test_an_address_of_no_network_is_refused(scheme):
    with pytest.raises(AbnormalError, match=f"{scheme.lower()}://gate, is none of a camera"):
        cameras_from_sources([f"{scheme}://gate/etc/passwd"])


def test_a_video_device_that_is_missing_is_named():
    with pytest.raises(AbnormalError, match="/dev/video4321 does not exist"):
        require_devices(["rtsp://host", "4321"])


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
        (f"name,source\n{'ä' * 51},0\n", "at most 100 bytes"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text, says):
    path = tmp_path / "cameras.csv"
    path.write_text(text)
    with pytest.raises(AbnormalError, match=says):
        read_cameras(path)


@pytest.mark.parametrize(
    "row",
    [
        "rtsp://me:se/cret@gate/1,gate",
        "rtsp://gate/user=me&password=secret,gate",
        "gate,rtsp://me:1,secret@gate/1",
        "rtsp://me:1,secret@gate/1,gate",
    ],
)
def test_an_address_in_another_column_or_in_several_is_not_shown(tmp_path, row):
    path = tmp_path / "cameras.csv"
    path.write_text(f"name,source\n{row}\n")
    with pytest.raises(AbnormalError, match=r"part of file|more cells than the") as raised:
        read_cameras(path)
    assert "cret" not in str(raised.value)


def test_the_log_of_a_bug_has_no_password(monkeypatch):
    address = "rtsp://me:secret@host/a?secret"
    remember_secrets(address)
    monkeypatch.setattr("sys.argv", ["test_model.py", "--source", address])
    path = _write_log()
    text = path.read_text()
    path.unlink()
    assert "rtsp://host" in text
    assert "secret" not in text


def test_a_source_is_named_once_and_without_its_password():
    with pytest.raises(AbnormalError, match="rtsp://host is given twice") as raised:
        cameras_from_sources(["rtsp://me:secret@host"] * 2)
    assert "secret" not in str(raised.value)
