"""Two virtual devices in one processor, in processes of their own: a backend starts once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).with_name("two_devices.py")
SPLIT_PROCESSOR = """
import tensorflow as tf
half = tf.config.LogicalDeviceConfiguration()
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [half, half])
"""
START = """
import sys
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("backend", "before"),
    [("tensorflow", SPLIT_PROCESSOR), ("jax", "import jax")],
)
def test_two_devices_are_as_one(backend, before):
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    program = subprocess.run(
        [sys.executable, "-c", before + START, "-q", "-n0", "-p", "no:cacheprovider", CASES],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
        cwd=CASES.parent.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert program.returncode == 0, program.stdout + program.stderr
    assert "3 passed" in program.stdout
