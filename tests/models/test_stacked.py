"""The networks of the comparison of three autoencoders."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.errors import AbnormalError
from abnormal.models import cae, lstm_stcae, spatiotemporal, stcae


@settings(deadline=None)
@given(st.integers(1, 400))
def test_a_size_fits_the_cae_if_the_way_back_leads_to_it(size):
    encoded = ((size - 4) // 2 - 4) // 2
    decoded = (encoded * 2 + 4) * 2 + 4
    assert cae.can_reproduce(size) == (encoded >= 1 and decoded == size)


@settings(deadline=None)
@given(st.integers(1, 400))
def test_a_size_fits_the_stcae_if_the_way_back_leads_to_it(size):
    strided = (size - 15) // 4 + 1
    encoded = (strided // 2 - 3) // 2 - 2
    decoded = (((encoded + 2) * 2 + 3) * 2 - 1) * 4 + 15
    assert stcae.can_reproduce(size) == (encoded >= 1 and decoded == size)


@pytest.mark.parametrize(
    ("build", "clip_length", "size", "near"),
    [
        (cae.build, 1, 227, "220, 224, 228, 232"),
        (cae.build, 1, 1, "16, 20, 24, 28"),
        (stcae.build, 10, 230, "211, 227, 243, 259"),
        (lstm_stcae.build, 10, 100, "91, 99, 107, 115"),
    ],
)
def test_other_sizes_are_refused_with_the_nearest_that_work(build, clip_length, size, near):
    with pytest.raises(AbnormalError, match=f"{size}x{size} cannot .* that can: {near}"):
        build(clip_length, size)


def test_the_cae_sees_single_frames_only():
    with pytest.raises(AbnormalError, match="--clip-length 10"):
        cae.build(10, 100)


def test_the_width_of_the_bottleneck():
    network = cae.build(1, 20, bottleneck=7)
    assert network.get_layer("bottleneck").units == 7
    assert network.output_shape == (None, 1, 20, 20, 1)


def test_the_stcae_keeps_the_pixels_of_each_frame_together():
    """A reshape in place of the transpose would spread a frame over all channels."""
    network = stcae.build(3, 83)
    clips = np.random.default_rng(0).random((2, 3, 83, 83, 1), np.float32)
    stack = keras.Model(network.inputs, network.get_layer("stack").output)
    np.testing.assert_array_equal(
        stack.predict_on_batch(clips), clips[..., 0].transpose(0, 2, 3, 1)
    )
    both = keras.Model(network.inputs, [network.get_layer("deconv3").output, network.outputs[0]])
    channels, frames = both.predict_on_batch(clips)
    np.testing.assert_array_equal(frames[..., 0], channels.transpose(0, 3, 1, 2))


def test_the_lstm_stcae_is_the_spatiotemporal_network_with_another_start():
    ours, paper = lstm_stcae.build(2, 35), spatiotemporal.build(2, 35)
    for mine, theirs in zip(ours.layers, paper.layers, strict=True):
        config, other = mine.get_config(), theirs.get_config()
        begins = config.pop("recurrent_initializer", None), other.pop("recurrent_initializer", None)
        assert config == other
        if isinstance(mine, keras.layers.ConvLSTM2D):
            assert [start["class_name"] for start in begins] == ["GlorotUniform", "Orthogonal"]
