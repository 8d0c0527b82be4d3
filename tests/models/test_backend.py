import os
import subprocess
import sys
import textwrap

import pytest

from abnormal.errors import AbnormalError
from abnormal.models.backend import memory_advice, start_backend


def run_program(code):
    """Runs a program of its own, as a user would, without what this process has set."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
    path = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_reaches_the_terminal_at_the_start_and_the_first_computation():
    done = run_program(
        """
        import logging
        from abnormal.models.backend import start_backend
        start_backend()
        import numpy as np
        from abnormal.models.networks import NETWORKS
        network = NETWORKS["spatiotemporal"](2, 35)
        network.compile("adam", "mse")
        clips = np.zeros((1, 2, 35, 35, 1), np.float32)
        network.fit(clips, clips, verbose=0)
        network.predict_on_batch(clips)
        logging.getLogger("tensorflow").warning("triggered tf.function retracing")
        print("done")
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_errors_of_the_start_are_shown():
    done = run_program(
        """
        import importlib
        import os

        def fail(name):
            os.write(2, b"libcudart is broken")
            raise ImportError(name)

        importlib.import_module = fail
        from abnormal.models.backend import start_backend
        start_backend()
        """
    )
    assert done.returncode == 1
    assert done.stderr.startswith("libcudart is broken")
    assert "ImportError: keras" in done.stderr


def test_stderr_is_as_before_after_the_start(capfd):
    start_backend()
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


class ResourceExhaustedError(Exception):
    """Has the name of TensorFlow's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ResourceExhaustedError("OOM when allocating tensor"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate"),
    ],
)
def test_too_little_memory_is_answered_with_advice(error):
    message = r"^There is not enough memory\. Try --batch-size 2\.$"
    with pytest.raises(AbnormalError, match=message), memory_advice("Try --batch-size 2."):
        raise error


@pytest.mark.parametrize("error", [ValueError("shapes differ"), AbnormalError("no frames")])
def test_other_errors_are_left_alone(error):
    with pytest.raises(type(error), match=str(error)), memory_advice("Try."):
        raise error


@pytest.mark.parametrize("name", ["tf", "numpy", "torch"])
def test_a_backend_that_does_not_work_is_refused(monkeypatch, name):
    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.raises(AbnormalError, match=f"run on '{name}'. Expected: tensorflow or jax"):
        start_backend()


def test_a_backend_that_keras_takes_from_its_own_file_is_refused(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr("keras.backend.backend", lambda: "numpy")
    with pytest.raises(AbnormalError, match="run on 'numpy'"):
        start_backend()
