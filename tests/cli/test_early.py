"""What can be said without TensorFlow is said before it is imported, which takes seconds."""

import os
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest

from abnormal.cli import test, train
from abnormal.commands import CHECKOUT

HEAVY = {"tensorflow", "keras", "jax", "cv2", "av"}
SCRIPT = """
import sys
from abnormal.cli.{program} import main
code = main(sys.argv[1:])
print("code:", code, "loaded:", sorted({heavy} & set(sys.modules)))
"""


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A folder with files that are good enough to be looked for, and a zone that is not."""
    monkeypatch.chdir(tmp_path)
    for name in ("model.h5", "model.onnx", "old.h5"):
        (tmp_path / name).write_text("")
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "manifest.json").write_text('{"videos": []}')
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    PIL.Image.fromarray(np.full((4, 4), 255, np.uint8)).save(tmp_path / "white.png")
    return tmp_path


TEST = [
    (["--model", "gone.h5"], "There is no model file gone.h5. Train one:"),
    (["--model", "model.h5", "gone.h5"], "There is no model file gone.h5. Train one:"),
    (
        ["--model", "model.onnx"],
        "ends in .h5, .hdf5 or .keras, but this one is model.onnx",
    ),
    (["--model", "gone.h5", "--export", "onnx"], "There is no model file gone.h5"),
    (["--model", "gone.h5", "--dismiss", "a:1"], "There is no model file gone.h5"),
    (["--source", "gone.mp4"], "There is no file or folder gone.mp4. Check the path."),
    (["--img", "empty"], "There are no frames in empty: empty/manifest.json is missing."),
    (["--ignore-zone", "gone.png"], "--ignore-zone gone.png cannot be read"),
    (["--ignore-zone", "pipe.png"], "--ignore-zone pipe.png cannot be read: pipe.png is a pipe"),
    (["--ignore-zone", "white.png"], "--ignore-zone white.png is white everywhere"),
    (["--cameras", "gone.csv"], "There is no file gone.csv. Check --cameras."),
    (["--source", "gone.mp4", "--realtime"], "gone.mp4 cannot be watched: there is no such file"),
    (["--source", "rtsp://host", "--mqtt", "host"], "The address of --mqtt cannot be understood"),
]
TRAIN = [
    (["--img", "empty"], "There are no frames in empty: empty/manifest.json is missing."),
    (
        ["--output", "model.onnx"],
        "ends in .h5, .hdf5 or .keras, but this one is model.onnx",
    ),
    (["--output", "new.h5", "--init", "gone.h5"], "There is no model file gone.h5. Train one:"),
    (["--output", "new.h5", "--init", "model.onnx"], "but this one is model.onnx"),
    (["--calibrate", "gone"], "There is no file or folder gone. Check the path."),
    (["--calibrate", "img", "--output", "gone.h5"], "There is no model file gone.h5. Train one:"),
    (["--bottleneck", "8"], "The spatiotemporal network has no dense layer"),
]
CASES = [("test", *case, 1) for case in TEST] + [("train", *case, 1) for case in TRAIN]
CASES += [
    ("test", ["--webhook", "http://host"], "--webhook is for cameras.", 2),
    ("train", ["--hosts", "2"], "--hosts is for training on several hosts", 2),
]


@pytest.mark.parametrize(("program", "options", "message", "code"), CASES)
def test_one_line_and_the_exit_code(there, program, options, message, code, capsys):
    assert {"test": test, "train": train}[program].main(options) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


@pytest.mark.parametrize(
    ("program", "option"),
    [(test, "--model"), (test, "--cameras"), (train, "--img"), (train, "--init")],
)
def test_a_path_that_is_too_long_is_no_bug(there, program, option, capsys):
    assert program.main(["--img", "img", option, "a" * 300 + ".h5"]) == 1
    assert ": File name too long. Check the path and the disk." in capsys.readouterr().err


@pytest.mark.parametrize(("program", "options", "code"), [(*case[:2], case[3]) for case in CASES])
def test_nothing_heavy_is_imported_for_it(there, program, options, code):
    script = SCRIPT.format(program=program, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", script, *options],
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"code: {code} loaded: []\n"


def test_other_hosts_are_not_left_waiting_for_one_that_lacks_its_frames(there):
    """It meets them first, and then all are told."""
    args = train._parser().parse_args(["--img", "empty", "--distribute", "hosts"])
    assert train._require_files(args) is None
