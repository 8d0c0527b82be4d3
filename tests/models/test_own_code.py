"""The code of networks of one's own: of several files, of a package, edited, and of one name."""

import sys
from pathlib import Path

import keras
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.own_code import needed_objects
from abnormal.models.own_import import import_file
from abnormal.models.own_network import connections_of, load_builder

PREFIX = "code_of_a_test"


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for name in [name for name in sys.modules if name.startswith(PREFIX)]:
        del sys.modules[name]


def written(folder, **files):
    for name, code in files.items():
        file = folder / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code.replace("PREFIX", PREFIX))
    return folder


def test_a_file_that_was_edited_is_run_again(tmp_path):
    for text in ("first", "other"):
        written(tmp_path, code_of_a_test=f"def build(length, size): return {text!r}")
        assert load_builder(f"{tmp_path}/{PREFIX}.py:build")(1, 1) == text
    known = sys.modules[PREFIX]
    assert import_file(tmp_path / f"{PREFIX}.py") is known


def test_a_file_may_be_named_from_another_folder_or_by_a_link(tmp_path, monkeypatch):
    written(tmp_path / "real", code_of_a_test="def build(length, size): pass")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "below").mkdir()
    monkeypatch.chdir(tmp_path / "real" / "below")
    monkeypatch.syspath_prepend(tmp_path / "real")  # as `python ../train_model.py` does
    known = import_file(Path(f"../{PREFIX}.py"))
    for path in (tmp_path / "real", tmp_path / "link", tmp_path / "link" / "below" / ".."):
        assert import_file(path / f"{PREFIX}.py") is known


NEIGHBOURS = {"code_of_a_test": "from PREFIX_b import Scale", f"{PREFIX}_b": "class Scale: pass"}


def test_a_file_may_import_what_is_beside_it_and_nothing_else_of_that_name(tmp_path):
    before = [*sys.path]
    first, other = (written(tmp_path / name, **NEIGHBOURS) for name in ("first", "other"))
    assert import_file(first / f"{PREFIX}.py").Scale.__module__ == f"{PREFIX}_b"
    assert sys.path == before
    del sys.modules[PREFIX]
    with pytest.raises(AbnormalError, match=r"first/code_of_a_test_b\.py has the same name"):
        import_file(other / f"{PREFIX}.py")


def test_a_package_is_found_where_it_was_and_beside_the_model(tmp_path):
    code = {
        f"{PREFIX}/net": "from .layers import Scale",
        f"{PREFIX}/layers": "class Scale: pass",
        f"{PREFIX}/__init__": "",
    }
    package = written(tmp_path / "code", **code) / PREFIX
    assert load_builder(f"{package}/net.py:Scale").__module__ == f"{PREFIX}.layers"
    needs = {f"{PREFIX}.layers:Scale": str(package / "layers.py")}
    for folder in (tmp_path / "code", tmp_path / "moved"):
        for name in [name for name in sys.modules if name.startswith(PREFIX)]:
            del sys.modules[name]
        found = needed_objects(needs, folder)["Scale"]
        assert found.__module__ == f"{PREFIX}.layers"
        folder.replace(tmp_path / "moved")
    other = written(tmp_path / "other", **code)
    needs = {f"{PREFIX}.layers:Scale": str(other / PREFIX / "layers.py")}
    assert needed_objects(needs, other)["Scale"] is found  # a copy of the same code
    written(other, **{f"{PREFIX}/layers": "class Scale: other = True"})
    with pytest.raises(AbnormalError, match=r"__init__\.py has the same name"):
        needed_objects(needs, other)


def connected(make):
    clip = keras.Input((3, 8, 8, 1))
    once = keras.layers.Conv3D(1, 3, padding="same")(clip)
    twice = keras.layers.Conv3D(1, 3, padding="same")(once)
    return keras.Model(clip, make(clip, once, twice))


CONNECTED = (
    lambda clip, once, twice: clip + twice,
    lambda clip, once, twice: once + twice,
    lambda clip, once, twice: 5.0 * once - twice,
    lambda clip, once, twice: 6.0 * once - twice,
)


def test_other_connections_are_another_network():
    every = [connections_of(connected(make)) for make in (*CONNECTED, *CONNECTED)]
    assert every[:4] == every[4:]
    assert len({*every}) == 4
