"""The networks are made as they are stored, and a run leaves the process as it was."""

import random

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.fast import FastNetwork
from abnormal.training.network import make_network, random_numbers_kept, tried_network
from abnormal.training.options import OwnParts
from abnormal.training.own_parts import own_options


def build(length, size):
    layers = [keras.Input((length, size, size, 1)), keras.layers.Conv3D(1, 3, padding="same")]
    return keras.Sequential(layers)


def test_the_policy_of_a_notebook_is_not_that_of_the_four(options_of, tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = FastNetwork(make_network(options_of(tmp_path, "m", arch="cae", clip_length=1)))
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        assert {layer.dtype_policy.name for layer in network._flatten_layers()} == {"float32"}
        assert keras.backend.standardize_dtype(network(np.zeros((1, 1, 16, 16, 1))).dtype) == (
            "float32"
        )
    finally:
        keras.config.set_dtype_policy("float32")


def test_random_numbers_go_on_as_if_nothing_had_been():
    def draw():
        return random.random(), np.random.random()  # noqa: NPY002

    keras.utils.set_random_seed(1)
    expected = draw()
    keras.utils.set_random_seed(1)
    with random_numbers_kept():
        keras.utils.set_random_seed(2)
    assert draw() == expected


def test_that_the_optimizer_of_a_network_is_not_used_is_said(options_of, tmp_path, caplog):
    def compiled(length, size):
        network = build(length, size)
        network.compile("sgd", "mae")
        return network

    for function in (build, compiled):
        tried_network(options_of(tmp_path, "m", own=OwnParts(function)))
        assert ("is compiled again with Adam" in caplog.text) == (function is compiled)


def test_a_network_of_ones_own_is_none_of_the_four_whatever_its_name(tmp_path):
    def cae(length, size):
        return build(length, size)

    places = (tmp_path / "img", tmp_path / "m.h5")
    options = own_options(places, cae, "mse", (), {})
    assert (options.arch, options.clip_length, options.size) == ("own_cae", 10, 227)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((None, ()), "The loss is None. Expected: one of mse"),
        (("mse", [keras.callbacks.TerminateOnNaN]), "The callbacks are .*a list of objects"),
        (("mse", keras.callbacks.TerminateOnNaN()), "The callbacks are .*a list of objects"),
    ],
)
def test_what_is_no_loss_or_callback_is_said(tmp_path, parts, said):
    with pytest.raises(AbnormalError, match=said):
        own_options((tmp_path / "img", tmp_path / "m.h5"), None, *parts, {})
