import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from abnormal import commands
from abnormal.commands import (
    calibrate_command,
    command,
    install_command,
    preprocess_command,
    program_name,
    train_command,
)
from abnormal.version import __version__


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As if the package came from a wheel: no script and no setup.cfg beside it."""
    monkeypatch.setattr(commands, "CHECKOUT", tmp_path)


@pytest.mark.parametrize(
    ("called", "name", "typed"),
    [
        ("/src/test_model.py", "test_model.py", "python test_model.py"),
        ("/usr/bin/pytest", "test_model.py", "python test_model.py"),
        ("/usr/bin/abnormal-train", "abnormal-test", "abnormal-test"),
        ("/lib/abnormal/__main__.py", "python -m abnormal test", "python -m abnormal test"),
        ("/lib/pytest/__main__.py", "test_model.py", "python test_model.py"),
        ("", "test_model.py", "python test_model.py"),
    ],
)
def test_a_program_is_named_as_it_was_called(monkeypatch, called, name, typed):
    monkeypatch.setattr(sys, "argv", [called])
    assert (program_name("test"), command("test")) == (name, typed)


def test_a_script_that_was_called_from_elsewhere_is_named_with_its_folder(monkeypatch, tmp_path):
    called, beside = tmp_path / "my programs" / "train_model.py", "test_model.py"
    called.parent.mkdir()
    for folder, name in ((called.parent, str(called.with_name(beside))), (Path(), beside)):
        monkeypatch.setattr(sys, "argv", [str(folder / called.name)])
        called.with_name(beside).touch()
        assert shlex.split(command("test")) == ["python", name]
        assert program_name("test") == beside


def test_advice_names_model_and_folder_unless_they_are_the_defaults(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/abnormal-test"])
    assert calibrate_command(Path("model.h5")) == "abnormal-train --calibrate FOLDER"
    assert calibrate_command() == "abnormal-train --calibrate FOLDER --output MODEL"
    assert calibrate_command(Path("here/a b.h5"), "gate 1") == (
        "abnormal-train --calibrate FOLDER --output 'here/a b.h5' --camera 'gate 1'"
    )
    assert train_command(Path("model.h5")) == "abnormal-train"
    assert train_command(Path("my.h5")) == "abnormal-train --output my.h5"
    training = "abnormal-preprocess --videos FOLDER --split training"
    assert preprocess_command(Path("img"), "training") == training
    assert preprocess_command(Path("my img"), "training") == f"{training} --img 'my img'"


def test_where_there_are_no_scripts_none_is_named(monkeypatch, installed):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/jupyter"])
    assert (program_name("train"), command("train")) == ("abnormal-train", "abnormal-train")


def test_a_checkout_is_installed_from_where_it_is():
    assert install_command("openvino") == "pip install '.[openvino]'"


@pytest.mark.parametrize(
    ("known", "name"), [({"abnormal": ["some-fork"]}, "some-fork"), ({}, "abnormal-video")]
)
def test_an_installed_package_is_named_as_it_was_installed(monkeypatch, installed, known, name):
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: known)
    assert install_command("onnx") == f"pip install '{name}[onnx]'"


def run(*arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=commands.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "program",
    [[script] for script in commands.SCRIPTS.values()]
    + [["-m", "abnormal"], ["-m", "abnormal", "train"]],
    ids=" ".join,
)
def test_every_program_says_its_version(program):
    done = run(*program, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"abnormal {__version__}\n", "")


@pytest.mark.parametrize("name", commands.SCRIPTS)
def test_the_package_runs_each_program(name):
    done = run("-m", "abnormal", name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: python -m abnormal {name} [-h]")
    assert "--img" in done.stdout


@pytest.mark.parametrize("arguments", [[], ["tset"]])
def test_the_package_answers_a_wrong_name_with_the_right_ones(arguments):
    done = run("-m", "abnormal", *arguments)
    assert done.returncode == 2
    assert "{preprocess,train,test}" in done.stderr


def test_an_error_begins_with_the_name_that_was_called(tmp_path):
    missing = tmp_path / "model.h5"
    done = run("-m", "abnormal", "test", "--model", missing)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"python -m abnormal test: There is no model file {missing}. Train one: "
        f"`python -m abnormal train --output {missing}`.\n"
    )
