import io
import tarfile
import zipfile

import pytest

from abnormal.datasets.unpack import unpack
from abnormal.errors import AbnormalError


def make_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            kind = 0o120777 if content is LINK else 0o040755 if name.endswith("/") else 0o100644
            entry.external_attr = kind << 16
            archive.writestr(entry, b"/etc/passwd" if content is LINK else content)
    return path


def make_tar(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            if content is LINK:
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            elif name.endswith("/"):
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(b"" if content is LINK else content))
    return path


LINK = object()
MAKES = pytest.mark.parametrize("make", [make_zip, make_tar])


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inner" / "folder").mkdir(parents=True)
    return tmp_path / "inner" / "folder"


@MAKES
def test_files_and_folders_are_those_of_the_archive(tmp_path, folder, make):
    members = {"Set/": b"", "Set/empty/": b"", "Set/ä b.txt": b"text" * 999, "top.txt": b"top"}
    unpack(make(tmp_path / ".archive.part", members), folder)
    assert tree(folder) == ["Set", "Set/empty", "Set/ä b.txt", "top.txt"]
    assert (folder / "Set" / "ä b.txt").read_bytes() == b"text" * 999


@MAKES
@pytest.mark.parametrize(
    "name",
    ["../out.txt", "Set/../../out.txt", "/tmp/out.txt", "Set/../../../x/y", "..\\out.txt",
     "C:\\out.txt", "\\out.txt"],
)  # fmt: skip
def test_a_path_to_elsewhere(tmp_path, folder, make, name):
    before = tree(tmp_path)
    path = make(tmp_path / "archive", {"Set/a.txt": b"a", name: b"out"})
    with pytest.raises(AbnormalError, match="a path to elsewhere: it is not unpacked"):
        unpack(path, folder)
    assert tree(tmp_path) == sorted([*before, "archive"])


@MAKES
def test_a_link(tmp_path, folder, make):
    path = make(tmp_path / "archive", {"Set/a.txt": b"a", "Set/link": LINK})
    with pytest.raises(AbnormalError, match="'Set/link' in it, no file and no folder"):
        unpack(path, folder)
    assert tree(folder) == []


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_other_things_in_a_tar(tmp_path, folder, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        entry = tarfile.TarInfo("Set/x")
        entry.type, entry.linkname = kind, "Set/a.txt"
        archive.addfile(entry)
    with pytest.raises(AbnormalError, match="no file and no folder"):
        unpack(tmp_path / "a.tar", folder)
    assert tree(folder) == []


@MAKES
def test_more_than_the_limit(tmp_path, folder, make):
    path = make(tmp_path / "archive", {"Set/a": bytes(600), "Set/b": bytes(600)})
    with pytest.raises(AbnormalError, match="more than 1,000 bytes"):
        unpack(path, folder, max_bytes=1000)
    assert tree(folder) == []
    unpack(path, folder, max_bytes=1200)
    assert tree(folder) == ["Set", "Set/a", "Set/b"]


@MAKES
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_damaged_archive_leaves_nothing(tmp_path, folder, make, share):
    noise = bytes(hash((n, 1)) % 256 for n in range(100_000))
    path = make(tmp_path / "archive", {"Set/a": noise, "Set/b": noise[::-1]})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(AbnormalError, match="cannot be unpacked"):
        unpack(path, folder)
    assert tree(folder) == []


def test_what_is_no_archive(tmp_path, folder):
    (tmp_path / "archive").write_text("<html>404</html>")
    with pytest.raises(AbnormalError, match="cannot be unpacked"):
        unpack(tmp_path / "archive", folder)


@MAKES
def test_what_the_user_has_is_not_replaced(tmp_path, folder, make):
    (folder / "Set").mkdir()
    (folder / "Set" / "mine.txt").write_text("mine")
    path = make(tmp_path / "archive", {"Set/a.txt": b"a", "more/b.txt": b"b"})
    with pytest.raises(AbnormalError, match="Set is there already, and is not replaced"):
        unpack(path, folder)
    assert tree(folder) == ["Set", "Set/mine.txt"]
