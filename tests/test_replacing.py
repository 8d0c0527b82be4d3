"""Whatever happens while a file or folder is written, it is the old one or the new one."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from abnormal.errors import AbnormalError, CannotWriteError
from abnormal.replacing import (
    recover,
    remove_partial,
    replacing,
    replacing_folder,
    require_replaceable,
)
from tests.written import names, write


@pytest.fixture
def dead_process():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_replacing_shows_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = write(tmp_path / "scores.csv", "old")
    with replacing(path) as partial:
        assert partial.parent == path.parent
        assert partial.suffix == ".csv"
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["scores.csv"]


def replace(path):
    with replacing(path) as partial:
        partial.write_text("new")


def test_replacing_keeps_the_permissions_of_the_old_file_and_gives_a_new_one_the_usual(tmp_path):
    usual = write(tmp_path / "usual", "").stat().st_mode
    for mode in (0o600, 0o664, 0o444):
        path = write(tmp_path / f"{mode:o}", "old")
        path.chmod(mode)
        replace(path)
        assert path.read_text() == "new"
        assert path.stat().st_mode & 0o777 == mode
    replace(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode == usual


def test_replacing_keeps_owner_and_group_as_far_as_that_is_allowed(tmp_path, monkeypatch):
    path = write(tmp_path / "model.h5", "old")
    asked = []

    def chown(to, *owner_and_group):
        assert to.parent == path.parent
        asked.append(owner_and_group)
        raise PermissionError

    monkeypatch.setattr("abnormal.replacing.os.chown", chown)
    replace(path)
    assert path.read_text() == "new"
    assert asked == [(-1, os.getgid()), (os.getuid(), -1)]


@pytest.mark.parametrize("name", ["there.h5", "not_yet.h5"])
def test_replacing_replaces_what_a_link_leads_to(tmp_path, name):
    disk = write(tmp_path / "disk" / "there.h5", "old").parent
    (tmp_path / "model.h5").symlink_to(f"disk/{name}")
    replace(tmp_path / "model.h5")
    assert (tmp_path / "model.h5").is_symlink()
    assert (disk / name).read_text() == "new"
    assert names(disk) == sorted({"there.h5", name})


@pytest.mark.parametrize("to", ["pipe", "folder", "circle"])
def test_replacing_never_replaces_a_pipe_or_a_folder_behind_a_link(tmp_path, to):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to(to)
    replace(tmp_path / "circle")
    assert names(tmp_path) == ["circle", "folder", "pipe"]
    assert (tmp_path / "circle").read_text() == "new"
    assert (tmp_path / "pipe").is_fifo()


def test_replacing_where_a_link_leads_nowhere(tmp_path):
    (tmp_path / "model.h5").symlink_to("gone/v3.h5")
    with pytest.raises(AbnormalError, match=r"model.h5 cannot be written: No such file"):
        replace(tmp_path / "model.h5")
    assert (tmp_path / "model.h5").is_symlink()


def test_what_replacing_cannot_write_is_found_out_before(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "away.h5").symlink_to(tmp_path / "unmounted" / "v3.h5")
    for name, says in (
        ("folder", "it is a folder"),
        ("pipe", "it is no regular file"),
        ("away.h5", f"it is a link to {tmp_path}/unmounted/v3.h5, and there is no folder"),
    ):
        with pytest.raises(CannotWriteError, match=f"{name} cannot be written: {says}"):
            require_replaceable(tmp_path / name)
    (tmp_path / "disk.h5").symlink_to(tmp_path / "folder" / "v3.h5")
    (tmp_path / "to_a_folder").symlink_to("folder")  # which is replaced itself
    for name in ("new.h5", "disk.h5", "to_a_folder"):
        require_replaceable(tmp_path / name)
        replace(tmp_path / name)
        require_replaceable(tmp_path / name)
    monkeypatch.setattr("abnormal.replacing.os.access", lambda folder, _: folder == tmp_path)
    require_replaceable(tmp_path / "new.h5")
    with pytest.raises(CannotWriteError, match=f"no permission to write into {tmp_path}/folder"):
        require_replaceable(tmp_path / "disk.h5")


def failing(write_some, path):
    with replacing(path) as partial:
        write_some(partial)
        raise RuntimeError("in the middle")


def test_replacing_keeps_the_old_file_on_an_error(tmp_path):
    path = write(tmp_path / "file", "old")
    with pytest.raises(RuntimeError, match="in the middle"):
        failing(lambda partial: partial.write_text("half"), path)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("place", ["gone/file", "file/below"])
def test_replacing_where_nothing_can_be_written(tmp_path, place):
    write(tmp_path / "file", "")
    path = tmp_path / place
    with pytest.raises(AbnormalError, match=r"cannot be written: No"), replacing(path) as partial:
        partial.write_text("")


def test_what_a_killed_process_left_of_a_file_is_removed_by_the_next_that_writes_it(
    tmp_path, dead_process
):
    host = re.sub(r"\W", "_", socket.gethostname())
    write(tmp_path / f".partial-{dead_process}@{host}-model.h5", "half")
    write(tmp_path / f".partial-{dead_process}@{host}-other.h5", "half")
    write(tmp_path / f".partial-{os.getpid()}@{host}x-model.h5", "of another host")
    with replacing(tmp_path / "model.h5") as partial:
        write(partial, "new")
    kept = [f".partial-{os.getpid()}@{host}x-model.h5", f".partial-{dead_process}@{host}-other.h5"]
    assert names(tmp_path) == sorted([*kept, "model.h5"])


def test_replacing_folder_shows_the_old_folder_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "deep" / "video"
    for text in ("old", "new"):
        with replacing_folder(path) as partial:
            write(partial / text, text)
            assert path.exists() == (text == "new")
    assert names(path) == ["new"]
    assert names(path.parent) == ["video"]


def failing_folder(path, work):
    with replacing_folder(path) as partial:
        write(partial / "half", "")
        work(partial)


def interrupt(_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("work", "error"),
    [(interrupt, KeyboardInterrupt), (shutil.rmtree, CannotWriteError)],
    ids=["while writing", "while swapping"],
)
def test_replacing_folder_keeps_the_old_folder_on_an_error(tmp_path, work, error):
    path = tmp_path / "video"
    write(path / "old", "")
    with pytest.raises(error):
        failing_folder(path, work)
    assert names(path) == ["old"]
    assert names(tmp_path) == ["video"]


def test_what_a_killed_process_left_is_no_result_and_is_removed(tmp_path):
    write(tmp_path / "file", "old")
    write(tmp_path / "video" / "old", "")
    script = """
import os, sys
from pathlib import Path
from abnormal.replacing import replacing, replacing_folder
root = Path(sys.argv[1])
with replacing(root / "file") as file, replacing_folder(root / "video") as folder:
    file.write_text("half")
    (folder / "half").write_text("")
    os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script, tmp_path], check=False).returncode == 9
    assert len(names(tmp_path)) == 4
    remove_partial(tmp_path)
    assert names(tmp_path) == ["file", "video"]
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path / "video") == ["old"]


def test_a_folder_of_many_files_is_listed_once_and_not_at_each_write(tmp_path, monkeypatch):
    listed, list_it = [], Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: listed.append(folder) or list_it(folder))
    for number in range(3):
        with replacing(tmp_path / f"{number}.npz") as partial:
            write(partial, "")
    assert listed.count(tmp_path) == 1


def test_remove_partial_leaves_the_work_of_running_processes(tmp_path, dead_process):
    kept = {f".partial-{os.getpid()}-a", f".old-{os.getppid()}-b", "partial-1-c", ".hidden", "e"}
    for name in kept | {f".partial-{dead_process}-d", f".old-{dead_process}-e"}:
        write(tmp_path / name, "")
    write(tmp_path / f".partial-{dead_process}-folder" / "000000.jpg", "")
    remove_partial(tmp_path)
    assert set(names(tmp_path)) == kept


def test_remove_partial_gives_back_what_was_not_yet_replaced(tmp_path, dead_process):
    write(tmp_path / f".old-{dead_process}-01" / "000000.jpg", "the only copy")
    write(tmp_path / f".old-{dead_process}-02" / "000000.jpg", "replaced")
    write(tmp_path / "02" / "000000.jpg", "newer")
    remove_partial(tmp_path)
    assert names(tmp_path) == ["01", "02"]
    assert (tmp_path / "01" / "000000.jpg").read_text() == "the only copy"
    assert (tmp_path / "02" / "000000.jpg").read_text() == "newer"


def test_a_number_that_no_process_has_is_not_of_this_program(tmp_path):
    write(tmp_path / ".partial-99999999999999999999-model.h5", "")
    remove_partial(tmp_path)
    with replacing(tmp_path / "model.h5") as partial:
        write(partial, "new")
    assert names(tmp_path) == [".partial-99999999999999999999-model.h5", "model.h5"]


def test_remove_partial_of_no_folder(tmp_path):
    remove_partial(tmp_path / "gone")


@pytest.mark.parametrize("lacking", ["os.fsync", "os.replace"])
def test_a_mounted_folder_may_lack_fsync_or_rename(tmp_path, monkeypatch, lacking):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    path = tmp_path / "model.h5"
    path.write_text("old")
    monkeypatch.setattr(lacking, refuse)

    with replacing(path) as partial:
        partial.write_text("new")

    assert path.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.h5"]


def test_two_hosts_in_one_folder_leave_each_other_alone(tmp_path, monkeypatch, dead_process):
    monkeypatch.setattr("socket.gethostname", lambda: "host-a.example.org")
    with replacing(tmp_path / "x") as partial:
        partial.write_text("")
        ours = partial.name.replace(str(os.getpid()), str(dead_process))
        theirs = ours.replace("host_a", "host_b")
        for name in (ours, theirs):
            write(tmp_path / name, "")
        remove_partial(tmp_path)
        assert set(names(tmp_path)) == {partial.name, theirs}


def test_what_a_killed_run_had_begun_is_gone_on_with(tmp_path, dead_process):
    begun = tmp_path / f".partial-{dead_process}-video"
    write(begun / "000000.jpg", "first")
    write(tmp_path / f".partial-{dead_process}-other" / "x", "")
    assert recover(tmp_path / "video") == [begun]
    with replacing_folder(tmp_path / "video", begun) as partial:
        assert not begun.exists()
        write(partial / "000001.jpg", "second")
    assert names(tmp_path / "video") == ["000000.jpg", "000001.jpg"]


def test_what_was_begun_may_be_gone_by_then(tmp_path):
    with replacing_folder(tmp_path / "video", tmp_path / "gone") as partial:
        write(partial / "000000.jpg", "")
    assert names(tmp_path / "video") == ["000000.jpg"]


def test_recover_gives_back_what_was_moved_out_of_the_way(tmp_path, dead_process):
    write(tmp_path / f".old-{dead_process}-01" / "000000.jpg", "the only copy")
    write(tmp_path / f".old-{os.getpid()}-02" / "000000.jpg", "work of a running process")
    assert (
        recover(tmp_path / "01") == recover(tmp_path / "02") == recover(tmp_path / "a" / "b") == []
    )
    assert (tmp_path / "01" / "000000.jpg").read_text() == "the only copy"
    assert not (tmp_path / "02").exists()
