"""Where OpenVINO computes, neither TensorFlow nor Keras is needed to start, not even at first, and
without figures no library that draws.
"""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()

from abnormal.cli import test as program  # noqa: E402
from abnormal.cli.train import main as train  # noqa: E402
from abnormal.errors import AbnormalError  # noqa: E402
from abnormal.inference.reference import make_reference  # noqa: E402
from abnormal.inference.runtimes import keras_runtime  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.models.model_file import change_model, read_model, save_model  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.models.stored_layers import layers_of  # noqa: E402

SIZE, LENGTH, FRAMES = 35, 6, 12

WITHOUT_KERAS = """
import sys
sys.modules |= dict.fromkeys(("tensorflow", "keras", "matplotlib", "bokeh"))  # cannot be imported
import abnormal
from abnormal.cli.test import main
model, video, folder = sys.argv[1:]
common = ["--model", model, "--source", video, "--threshold", "30", "--no-figures"]
assert main([*common, "--output", folder + "/files"]) == 0
assert main([*common, "--output", folder + "/hop", "--hop", "1"]) == 0
assert main([*common, "--output", folder + "/live", "--realtime", "--no-frames"]) == 0
print(len(abnormal.score_video(abnormal.load(model), video)))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory, make_img):
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    folder = tmp_path_factory.mktemp("start")
    make_img(folder / "img", {"training/01": 30}, SIZE)
    network = NETWORKS["spatiotemporal"](LENGTH, SIZE)
    clips = np.random.default_rng(0).integers(0, 256, (2, LENGTH, SIZE, SIZE), np.uint8)
    save_model(
        *(folder / "model.h5", network, ModelInfo("spatiotemporal", LENGTH, SIZE, 25.0)),
        make_reference(clips, keras_runtime(network)),
    )
    arguments = ["--calibrate", str(folder / "img"), "--output", str(folder / "model.h5")]
    assert train(arguments) == 0
    return folder / "model.h5"


def test_openvino_needs_no_keras_and_nothing_that_draws(model, make_video, tmp_path):
    video = make_video(tmp_path / "gate.mp4", FRAMES)
    environment = {
        "ABNORMAL_CACHE": str(tmp_path / "cache"),
        "KERAS_BACKEND": "nobody's concern",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS, str(model), str(video), str(tmp_path)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"{FRAMES}\n")
    assert len(list((tmp_path / "cache" / "openvino").iterdir())) == 3  # the network and its parts


def test_a_network_is_known_by_its_layers_alone(model):
    before = read_model(model)
    # What is learnt from a dismissed event changes the file, but not its network.
    change_model(before, dataclasses.replace(before.info, seed=1))
    assert read_model(model).lazy_network.digest == before.lazy_network.digest


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_layers_are_read_without_keras(model, tmp_path, suffix):
    network = read_model(model).network
    info = ModelInfo("spatiotemporal", LENGTH, SIZE, 25.0)
    save_model(tmp_path / f"model{suffix}", network, info)
    lazy_network = read_model(tmp_path / f"model{suffix}").lazy_network
    lazy_network._read = lambda: pytest.fail("Keras is not needed")
    found, expected = lazy_network.stored_layers(), layers_of(network)
    for layer, other in zip(found, expected, strict=True):
        assert layer.kind == other.kind
        for weights in zip(layer.weights, other.weights, strict=True):
            assert np.array_equal(*weights)


@pytest.mark.parametrize(
    ("runtime", "accelerator", "backend"),
    [
        ("auto", False, "tensorflow"),
        ("auto", True, "jax"),
        ("openvino", True, "tensorflow"),
        ("keras", False, "jax"),
    ],
)
def test_another_backend_of_keras_is_kept_only_where_it_may_compute(
    monkeypatch, runtime, accelerator, backend
):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr("abnormal.models.backend.may_have_accelerator", lambda: accelerator)
    program._choose_backend(runtime)
    assert os.environ["KERAS_BACKEND"] == backend


def test_a_file_that_changes_before_its_network_is_read_is_not_taken_for_the_old_one(
    model, tmp_path
):
    path = Path(tmp_path / "model.h5")
    path.write_bytes(model.read_bytes())
    opened = read_model(path)
    with h5py.File(path, "a") as file:
        del file["abnormal"].attrs["sha256"]
        names = []
        file["model_weights"].visit(names.append)
        file["model_weights"][next(name for name in names if name.endswith("kernel"))][0] += 1
    with pytest.raises(AbnormalError, match=r"model\.h5 has changed while it was read"):
        _ = opened.network
    assert read_model(path).lazy_network.digest != opened.lazy_network.digest
