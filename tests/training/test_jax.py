"""The same exactness under the JAX backend, in a process of its own: a backend is chosen once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_batches_come_in_order_a_killed_run_ends_the_same_and_the_fast_form_is_exact():
    pytest.importorskip("jax", reason="JAX is not installed")
    chosen = "order_given or (killed_at_any_batch and (4 or 9)) or (whole_networks and lstm)"
    models = HERE.parent / "models"
    files = [HERE / "test_batches.py", HERE / "run/test_resume.py", models / "test_fast.py"]

    program = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-k", chosen]
        + [str(file) for file in files],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert program.returncode == 0, program.stdout
    assert "6 passed" in program.stdout
