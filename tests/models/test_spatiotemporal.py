import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.errors import AbnormalError
from abnormal.models.spatiotemporal import build, can_reproduce


@pytest.fixture(scope="module")
def network():
    return build(10, 227)


def test_the_papers_number_of_weights(network):
    # 11*11*1*128+128, 5*5*128*64+64, 4*(3*3*(64+64)*64+64), 4*(3*3*(64+32)*32+32),
    # 4*(3*3*(32+64)*64+64), 5*5*64*128+128, 11*11*128*1+1
    weights = [15616, 204864, 295168, 110720, 221440, 204928, 15489]
    assert [layer.count_params() for layer in network.layers] == weights
    assert network.count_params() == sum(weights) == 1_068_225


def test_the_papers_shapes(network):
    assert [layer.output.shape[1:] for layer in network.layers] == [
        (10, 55, 55, 128),
        (10, 26, 26, 64),
        (10, 26, 26, 64),
        (10, 26, 26, 32),
        (10, 26, 26, 64),
        (10, 55, 55, 128),
        (10, 227, 227, 1),
    ]


def test_the_papers_activations(network):
    names = [layer.activation.__name__ for layer in network.layers]
    assert names == ["relu", "relu", "tanh", "tanh", "tanh", "relu", "sigmoid"]


def test_the_spatial_layers_see_one_frame_at_a_time(network):
    for layer in network.layers:
        if not isinstance(layer, keras.layers.ConvLSTM2D):
            assert (layer.kernel_size[0], layer.strides[0]) == (1, 1)


def test_a_change_in_a_frame_is_encoded_in_that_frame_only():
    """With the axes in another order the convolutions would spread it over its neighbours."""
    network = build(4, 35)
    encoder = keras.Model(network.inputs, network.get_layer("conv2").output)
    clips = np.random.default_rng(0).random((1, 4, 35, 35, 1), np.float32).repeat(2, axis=0)
    clips[1, 2] = 1 - clips[1, 2]
    change = np.abs(np.diff(encoder.predict_on_batch(clips), axis=0)).max((0, 2, 3, 4))
    assert np.flatnonzero(change).tolist() == [2]


@pytest.mark.parametrize("size", [35, 43, 123, 219, 227, 251])
def test_sizes_that_work(size):
    assert can_reproduce(size)
    assert build(2, size).output_shape == (None, 2, size, size, 1)


@settings(deadline=None)
@given(st.integers(1, 400))
def test_a_size_fits_if_the_way_back_leads_to_it(size):
    encoded = ((size - 11) // 4 + 1 - 5) // 2 + 1
    decoded = ((encoded - 1) * 2 + 5 - 1) * 4 + 11
    assert can_reproduce(size) == (encoded >= 2 and decoded == size)


@pytest.mark.parametrize(
    ("size", "near"),
    [(228, "219, 227, 235, 243"), (100, "91, 99, 107, 115"), (1, "35, 43, 51, 59")],
)
def test_other_sizes_are_refused_with_the_nearest_that_work(size, near):
    with pytest.raises(AbnormalError, match=f"{size}x{size} cannot .* that can: {near}"):
        build(10, size)
