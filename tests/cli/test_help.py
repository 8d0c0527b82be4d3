import subprocess
import sys

import pytest


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
