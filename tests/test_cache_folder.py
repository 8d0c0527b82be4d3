"""Where the cache lies, also for a user without a home directory."""

import os
import tempfile
from pathlib import Path

import pytest

from abnormal.cache_folder import cache_folder
from abnormal.errors import AbnormalError


@pytest.fixture
def homeless(tmp_path, monkeypatch):
    """A user that the system does not know, and a folder for temporary files."""

    def nobody(_):
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("ABNORMAL_CACHE", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"abnormal-{os.getuid()}"


def test_the_cache_is_where_it_is_said_or_at_home(monkeypatch, tmp_path):
    monkeypatch.delenv("ABNORMAL_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "abnormal"
    monkeypatch.setenv("ABNORMAL_CACHE", "here")
    assert cache_folder() == Path("here")


def test_without_a_home_it_is_a_folder_that_nobody_else_writes(homeless):
    assert cache_folder() == homeless
    assert homeless.stat().st_mode & 0o777 == 0o700
    assert cache_folder() == homeless


def test_what_somebody_else_may_have_written_is_not_taken(homeless, tmp_path):
    homeless.symlink_to(tmp_path)
    with pytest.raises(AbnormalError, match=r"is not yours alone\. Set ABNORMAL_CACHE"):
        cache_folder()
    homeless.unlink()
    homeless.mkdir()
    homeless.chmod(0o777)
    with pytest.raises(AbnormalError, match=r"is not yours alone\. Set ABNORMAL_CACHE"):
        cache_folder()
    homeless.rmdir()
    homeless.write_text("")
    with pytest.raises(AbnormalError, match=r"File exists.*Set ABNORMAL_CACHE"):
        cache_folder()
