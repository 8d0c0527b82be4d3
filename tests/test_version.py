from abnormal.report.page_tables import version_rows
from abnormal.version import __version__, installed_versions


def test_what_is_not_installed_is_left_out():
    found = installed_versions(["numpy", "no-such-package"])
    assert found.keys() == {"abnormal", "numpy"}
    assert found["abnormal"] == __version__


def test_the_page_is_made_whatever_its_libraries_are_distributed_as(monkeypatch):
    monkeypatch.setattr("abnormal.report.page_tables.LIBRARIES", ("no-such-package", "av"))
    assert version_rows().keys() == {"python", "abnormal", "av"}
