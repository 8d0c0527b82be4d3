"""Some of the runs of `make chaos`."""

import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parent.parent.parent / "benchmarks" / "chaos.py"


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("program", "runs", "kills"),
    [("train", 3, 1), ("test", 1, 2)],
)
def test_runs_killed_at_random_moments_end_the_same(program, runs, kills):
    options = ["--program", program, "--runs", str(runs), "--kills", str(kills)]
    done = subprocess.run(
        [sys.executable, str(CHAOS), *options],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{runs} passed, 0 failed" in done.stdout
