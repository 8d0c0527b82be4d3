"""Three of the runs of `make chaos`."""

import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).parent.parent.parent / "benchmarks" / "chaos.py"


@pytest.mark.timeout(900)
def test_three_runs_killed_at_random_moments_end_the_same():
    program = subprocess.run(
        [sys.executable, str(CHAOS), "--runs", "3", "--kills", "1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert program.returncode == 0, program.stdout + program.stderr
    assert "3 passed, 0 failed" in program.stdout
