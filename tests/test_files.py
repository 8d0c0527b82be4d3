"""Natural order, folders that are listed and made, JSON, and digests."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.errors import AbnormalError
from abnormal.files import (
    list_folder,
    make_folder,
    natural_key,
    read_json,
    require_path,
    sha256,
    write_json,
)
from tests.written import write


@pytest.mark.parametrize(
    "ordered",
    [
        ["frame2", "frame10"],
        ["1", "2", "10"],
        ["9.jpg", "10.jpg", "a.jpg"],
        ["cam2/frame10", "cam10/frame2"],
        ["a", "a1", "a2b", "a10"],
    ],
)
def test_natural_order(ordered):
    backwards = ordered[::-1]
    assert sorted(backwards, key=natural_key) == ordered


@given(st.lists(st.integers(0, 10**12), unique=True))
def test_numbers_without_leading_zeros_are_in_the_order_of_their_values(numbers):
    found = sorted((f"f{number}.jpg" for number in numbers), key=natural_key)
    assert found == [f"f{number}.jpg" for number in sorted(numbers)]


@given(st.permutations(["1", "01", "001", "1a", "01a", "a", "²", "a1", "a01"]))
def test_the_order_does_not_depend_on_how_a_disk_lists_its_files(names):
    expected = ["001", "01", "1", "01a", "1a", "a", "a01", "a1", "²"]
    assert sorted(names, key=natural_key) == expected


def test_list_folder_leaves_hidden_files_out(tmp_path):
    for name in ("10.jpg", "9.jpg", ".DS_Store", "._9.jpg", ".partial-1-x"):
        write(tmp_path / name, "")
    assert [path.name for path in list_folder(tmp_path)] == ["9.jpg", "10.jpg"]


def test_list_folder_says_what_is_wrong(tmp_path):
    with pytest.raises(AbnormalError, match=r"There is no folder .*gone\. Check the path"):
        list_folder(tmp_path / "gone")
    with pytest.raises(AbnormalError, match=r"is a file, but a folder was expected"):
        list_folder(write(tmp_path / "file", ""))


def test_make_folder_makes_parents_and_accepts_what_is_there(tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("place", ["file", "file/img", "file/a/img"])
def test_make_folder_where_a_file_is_in_the_way(tmp_path, place):
    write(tmp_path / "file", "")
    with pytest.raises(AbnormalError, match=r"cannot be made: a file is in its way"):
        make_folder(tmp_path / place)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
def test_make_folder_where_the_system_takes_none():
    with pytest.raises(AbnormalError, match=r"/proc/abnormal cannot be made: .+ another folder"):
        make_folder(Path("/proc/abnormal"))


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_make_folder_that_may_not_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(AbnormalError, match="No permission to write into"):
        make_folder(tmp_path)


def test_a_pipe_is_no_file_to_hash_or_to_parse(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for read in (sha256, read_json, require_path):
        with pytest.raises(AbnormalError, match="pipe is a pipe, but a file was expected"):
            read(tmp_path / "pipe")


def test_json_round_trip(tmp_path):
    value = {"name": "Straße", "list": [1, 2.5, None]}
    write_json(tmp_path / "x.json", value)
    assert read_json(tmp_path / "x.json") == value


def test_json_that_cannot_be_read(tmp_path):
    with pytest.raises(AbnormalError, match=r"There is no file .*gone\.json"):
        read_json(tmp_path / "gone.json")
    with pytest.raises(AbnormalError, match=r"cannot be read: Is a directory"):
        read_json(tmp_path)
    with pytest.raises(AbnormalError, match=r"half\.json is damaged: .*Delete it"):
        read_json(write(tmp_path / "half.json", '{"name": '))


def test_sha256_of_a_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3_000_000)
    assert sha256(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_sha256_of_a_folder_changes_with_names_and_contents_but_not_with_junk(tmp_path):
    write(tmp_path / "clip" / "1.png", "a")
    write(tmp_path / "clip" / "2.png", "b")
    before = sha256(tmp_path / "clip")
    write(tmp_path / "clip" / ".DS_Store", "junk")
    assert sha256(tmp_path / "clip") == before
    (tmp_path / "clip" / "2.png").rename(tmp_path / "clip" / "3.png")
    renamed = sha256(tmp_path / "clip")
    write(tmp_path / "clip" / "3.png", "c")
    assert len({before, renamed, sha256(tmp_path / "clip")}) == 3
