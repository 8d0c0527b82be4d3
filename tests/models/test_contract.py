"""What every network keeps to; a new one joins by its line in `NETWORKS`."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from abnormal.inference.runtimes import keras_runtime
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.model import ModelInfo
from abnormal.models.model_check import KNOWN_CLASSES, unknown_classes
from abnormal.models.model_file import load_model, save_model
from abnormal.models.networks import NETWORKS

# A stranger's program: Keras, and this package made impossible to import.
PLAIN_KERAS = """
import sys
sys.modules["abnormal"] = None
import keras
import numpy as np
for name in sys.argv[1:]:
    clips = np.load(f"{name}.clips.npy")
    network = keras.models.load_model(f"{name}.h5", compile=False)
    np.save(f"{name}.outputs.npy", network.predict(clips, verbose=0))
"""

every_network = pytest.mark.parametrize("arch", NETWORKS)


def random_clips(network, count, seed=0):
    return np.random.default_rng(seed).random((count, *network.input_shape[1:]), np.float32)


def outputs_of(network, clips):
    return keras_runtime(network)(clips)


@pytest.fixture(scope="module")
def networks():
    """Every network as it is trained by default, with random weights."""
    keras.utils.set_random_seed(0)
    return {
        arch: build(ARCHITECTURES[arch].clip_length, ARCHITECTURES[arch].size)
        for arch, build in NETWORKS.items()
    }


@pytest.fixture(scope="module")
def stored(networks, tmp_path_factory):
    """The folder where each network's model file lies."""
    folder = tmp_path_factory.mktemp("models")
    for arch, network in networks.items():
        defaults = ARCHITECTURES[arch]
        info = ModelInfo(arch, defaults.clip_length, defaults.size, fps=25.0)
        save_model(folder / f"{arch}.h5", network, info)
    return folder


def test_every_architecture_has_a_network():
    assert list(NETWORKS) == list(ARCHITECTURES)


@every_network
def test_takes_and_gives_clips_in_0_to_1(networks, arch):
    network, defaults = networks[arch], ARCHITECTURES[arch]
    shape = (None, defaults.clip_length, defaults.size, defaults.size, 1)
    assert (network.input_shape, network.output_shape) == (shape, shape)
    clips = random_clips(network, 2)
    clips[0], clips[1, 0] = 0.0, 1.0  # black and white, too
    outputs = outputs_of(network, clips)
    assert (outputs.shape, outputs.dtype) == (clips.shape, np.float32)
    assert outputs.min() >= 0
    assert outputs.max() <= 1


@every_network
def test_stock_layers_only(networks, arch):
    network = networks[arch]
    assert type(network) is keras.Sequential
    for layer in network.layers:
        assert getattr(keras.layers, type(layer).__name__) is type(layer)
        assert type(layer).__name__ in KNOWN_CLASSES
    assert not list(unknown_classes(keras.saving.serialize_keras_object(network)))


@every_network
def test_clips_of_a_batch_do_not_mix(networks, arch):
    network = networks[arch]
    clips = random_clips(network, 3)
    outputs = outputs_of(network, clips)
    order = [2, 0, 1]
    np.testing.assert_allclose(outputs_of(network, clips[order]), outputs[order], atol=1e-6)
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-4


@every_network
def test_recurrent_layers_go_through_the_frames(networks, arch):
    """Each takes one step per frame: not one per row of the picture, and not one in all."""
    for layer in networks[arch].layers:
        if isinstance(layer, keras.layers.ConvLSTM2D):
            assert layer.input.shape[1] == ARCHITECTURES[arch].clip_length


@pytest.mark.parametrize("arch", ["spatiotemporal", "lstm_stcae"])
def test_a_recurrent_network_knows_the_past_only(networks, arch):
    network = networks[arch]
    clips = random_clips(network, 1).repeat(2, axis=0)
    changed = network.input_shape[1] // 2
    clips[1, changed] = 1 - clips[1, changed]
    change = np.abs(np.diff(outputs_of(network, clips), axis=0)).max((0, 2, 3, 4))  # one per frame
    assert change[:changed].max() < 1e-6
    assert change[changed:].min() > 1e-6


@every_network
def test_comes_back_from_its_file(networks, stored, arch):
    clips = random_clips(networks[arch], 1)
    model = load_model(stored / f"{arch}.h5")
    assert model.info.arch == arch
    outputs = outputs_of(model.network, clips)
    np.testing.assert_allclose(outputs, outputs_of(networks[arch], clips), atol=1e-6)


def test_plain_keras_gives_the_same_without_this_package(networks, stored):
    for arch, network in networks.items():
        np.save(stored / f"{arch}.clips.npy", random_clips(network, 1))
    command = [sys.executable, "-I", "-c", PLAIN_KERAS, *networks]
    subprocess.run(command, cwd=stored, check=True, capture_output=True)
    for arch, network in networks.items():
        outputs = np.load(stored / f"{arch}.outputs.npy")
        clips = np.load(stored / f"{arch}.clips.npy")
        np.testing.assert_allclose(outputs, outputs_of(network, clips), atol=1e-5)
