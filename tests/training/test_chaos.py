"""Some of the runs of `make chaos`; `tests/detection/test_unfinished.py` kills test runs."""

import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parent.parent.parent / "benchmarks" / "chaos.py"


@pytest.mark.timeout(900)
def test_runs_killed_at_random_moments_end_the_same():
    done = subprocess.run(
        [sys.executable, str(CHAOS), "--runs", "3", "--kills", "1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed, 0 failed" in done.stdout
