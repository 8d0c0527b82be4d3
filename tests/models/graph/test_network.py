"""What is written for OpenVINO computes what Keras computes, or is not written at all."""

import keras
import numpy as np
import pytest

openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")

from abnormal.models.graph.network import graph_of  # noqa: E402
from abnormal.models.lazy_network import Part  # noqa: E402
from abnormal.models.network_parts import split_network  # noqa: E402
from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.models.stored_layers import layers_of  # noqa: E402

layers = keras.layers

PICTURES = [
    layers.Permute((2, 3, 1, 4)),
    layers.Reshape((12, 12, 3)),
    layers.Conv2D(8, 3, 2, padding="same", use_bias=False, activation="tanh"),
    layers.BatchNormalization(),
    layers.MaxPooling2D(3, 1, padding="same"),
    layers.Conv2D(4, 2, dilation_rate=2, padding="same"),
    layers.UpSampling2D((1, 2)),
    layers.Conv2DTranspose(2, 3, activation="relu"),
    layers.Reshape((14, 16)),
    layers.Permute((2, 1)),
    layers.Flatten(),
    layers.Dense(3 * 12 * 12, use_bias=False),
    layers.Reshape((3, 12, 12, 1)),
]

CLIPS = [
    layers.Conv3D(16, (1, 2, 3), (1, 2, 1), padding="same"),
    layers.ConvLSTM2D(16, (3, 2), padding="same", use_bias=False, return_sequences=True),
    layers.Conv3DTranspose(2, (1, 2, 3), (1, 2, 2), activation="sigmoid"),  # in squares
    layers.ConvLSTM2D(3, 1, padding="same", activation="relu", return_sequences=True),
    layers.Conv3DTranspose(1, (1, 1, 3), use_bias=False),
]


def randomised(network):
    """Gives a network weights, biases and averages that all matter."""
    rng = np.random.default_rng(0)
    network.set_weights([rng.uniform(0.05, 0.3, weight.shape) for weight in network.get_weights()])
    return network


def computed(graph, inputs):
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(graph, "CPU", options)(inputs)[0]


def assert_same(network, graph, count=2):
    inputs = np.random.default_rng(1).random((count, *network.input_shape[1:]), np.float32)
    expected = network.predict_on_batch(inputs)
    np.testing.assert_allclose(computed(graph, inputs), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kinds", [PICTURES, CLIPS], ids=["pictures", "clips"])
def test_each_known_layer_computes_what_keras_computes(kinds):
    network = randomised(keras.Sequential([keras.Input((3, 12, 12, 1)), *kinds]))
    graph = graph_of(layers_of(network))
    for count in (1, 2):
        assert_same(network, graph, count)


@pytest.mark.parametrize(("arch", "length", "size"), [("spatiotemporal", 3, 35), ("cae", 1, 16)])
def test_the_networks_are_written(arch, length, size):
    network = NETWORKS[arch](length, size)
    assert_same(network, graph_of(layers_of(network)))


def test_the_network_of_whole_clips_moves_nothing_between_its_layers():
    network = NETWORKS["stcae"](2, 83)
    operations = [node.get_type_name() for node in graph_of(layers_of(network)).get_ops()]
    assert operations.count("Transpose") == 1  # of the last squares


def test_the_parts_for_clips_that_overlap_are_written():
    network = NETWORKS["spatiotemporal"](4, 35)
    frames = np.random.default_rng(0).random((8, 35, 35, 1), np.float32)
    encoder, decoder = split_network(network, 2)
    features = np.asarray(encoder.predict_on_batch(frames))
    found = computed(graph_of(layers_of(network), Part(0)), frames)
    np.testing.assert_allclose(found, features, atol=1e-5)
    clips = features.reshape(2, 4, *features.shape[1:])
    found = computed(graph_of(layers_of(network), Part(2)), clips)
    np.testing.assert_allclose(found, decoder.predict_on_batch(clips), atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv3D(1, (2, 1, 1), padding="same"),
        layers.Conv3D(1, 1, activation="gelu"),
        layers.Conv3DTranspose(1, (1, 3, 3), padding="same"),
        layers.ConvLSTM2D(1, 3, padding="same", return_sequences=True, go_backwards=True),
        layers.Dense(1),
        layers.LeakyReLU(),
    ],
)
def test_what_is_not_known_is_not_written(layer):
    network = keras.Sequential([keras.Input((2, 4, 4, 1)), layer])
    assert graph_of(layers_of(network)) is None


def test_a_layer_of_another_package_is_not_taken_for_one_of_keras():
    class Conv3D(layers.Conv3D):
        def call(self, inputs):
            return -super().call(inputs)

    network = keras.Sequential([keras.Input((2, 4, 4, 1)), Conv3D(1, 1)])
    assert graph_of(layers_of(network)) is None


@pytest.mark.parametrize("damage", ["another shape", "one more", "none"])
def test_weights_that_do_not_fit_make_no_graph(damage):
    source, layer = layers_of(keras.Sequential([keras.Input((2, 4, 4, 1)), layers.Conv3D(1, 1)]))
    kernel, bias = layer.weights
    weights = {"another shape": [kernel[:, :, :, :0], bias], "one more": [kernel, bias, bias]}
    changed = layer._replace(weights=weights.get(damage, []))
    assert graph_of([source, layer])
    assert graph_of([source, changed]) is None
