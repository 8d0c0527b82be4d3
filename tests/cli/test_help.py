import subprocess
import sys

import pytest

from abnormal.cli import test


@pytest.mark.parametrize("program", ["preprocess", "train", "test"])
def test_help_answers_at_once(program):
    """No module that is slow to load is loaded before the command line is understood."""
    script = f"""
import sys
from abnormal.cli.{program} import main
slow = {{"numpy", "cv2", "av", "PIL", "scipy", "pandas", "keras", "tensorflow", "matplotlib"}}
try:
    main(["--help"])
finally:
    print("loaded:", sorted((slow | {{"dataclasses", "inspect"}}) & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "--img" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_figures_and_their_threshold_are_chosen_by_words(capsys):
    parsed = test._parser().parse_args(["--box-threshold", "auto", "--figures-for", "events"])
    assert (parsed.box_threshold, parsed.figures_for) == (None, "events")
    assert test._parser().parse_args(["--no-figures"]).figures_for == "none"
    with pytest.raises(SystemExit):
        test._parser().parse_args(["--box-threshold", "often"])
    assert "invalid number of at least 0, or auto value: 'often'" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["nan", "inf", "high"])
def test_a_threshold_that_nothing_can_be_above_is_refused(capsys, value):
    with pytest.raises(SystemExit):
        test._parser().parse_args(["--threshold", value])
    assert f"invalid finite number value: '{value}'" in capsys.readouterr().err
