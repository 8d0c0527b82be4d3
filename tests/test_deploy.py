"""What runs the program elsewhere fits it: the unit of systemd, and the image of a container."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from abnormal.cli import test as program
from abnormal.errors import EXIT_INTERRUPTED, EXIT_TERMINATED, EXIT_USAGE

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(
    not (ROOT / "Dockerfile").exists(), reason="installed without the files that deploy it"
)


def text_of(name):
    return (ROOT / name).read_text("utf-8").replace("\\\n", " ")


def test_the_command_lines_are_understood():
    unit = re.search(r"^ExecStart=(\S+) (.*)", text_of("deploy/abnormal.service"), re.MULTILINE)
    assert Path(unit[1]).name == "abnormal-test"
    image = text_of("Dockerfile")
    assert re.search(r'^ENTRYPOINT \["abnormal-test"\]$', image, re.MULTILINE)
    default = json.loads(re.search(r"^CMD (.*)", image, re.MULTILINE)[1])
    for options in (shlex.split(unit[2]), default):
        args = program._parser().parse_args(options)
        assert (args.cameras, args.log_format) == (Path("cameras.csv"), "json")


def test_the_unit_knows_the_exit_codes():
    unit = text_of("deploy/abnormal.service")
    assert f"SuccessExitStatus={EXIT_INTERRUPTED} {EXIT_TERMINATED}\n" in unit
    assert f"RestartPreventExitStatus={EXIT_USAGE}\n" in unit


def test_the_image_gets_what_it_copies_and_nothing_else():
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text_of("Dockerfile"), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    lines = text_of(".dockerignore").splitlines()
    assert lines.index("*") < min(lines.index(f"!{name}") for name in names)
    assert {line[1:] for line in lines if line.startswith("!")} == names
    assert all((ROOT / name).exists() for name in names)


def test_the_image_has_the_tensorflow_for_processors_and_all_else():
    script, config = ROOT / "deploy" / "requirements.py", ROOT / "setup.cfg"
    done = subprocess.run(
        [sys.executable, script, config, "openvino"], capture_output=True, check=True, text=True
    )
    names = [re.match(r"[\w-]+", line)[0] for line in done.stdout.splitlines()]
    assert {"keras", "openvino", "tensorflow-cpu"} < set(names)
    assert "tensorflow" not in names


def test_the_image_is_not_run_by_root():
    image = text_of("Dockerfile")
    assert image.index("\nUSER 10001\n") < image.index("\nENTRYPOINT")
    assert "useradd --uid 10001" in image
