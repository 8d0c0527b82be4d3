"""The fast form of a network is the stock network: outputs, gradients, weights, side effects."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.models.fast import FastNetwork
from abnormal.models.forms.arithmetic import PRECISIONS
from abnormal.models.forms.convolution import CONVOLUTIONS
from abnormal.models.forms.recurrence import RECURRENCES
from abnormal.models.forms.table import forms_of, has_fast_form
from abnormal.models.forms.transposed import TRANSPOSED
from abnormal.models.networks import NETWORKS

SMALL = {"spatiotemporal": (3, 35), "cae": (1, 16), "stcae": (2, 83), "lstm_stcae": (3, 35)}

few = settings(max_examples=25, deadline=None, derandomize=True)
sides = st.integers(8, 13)
channels = st.integers(1, 3)
kernels = st.tuples(st.integers(1, 7), st.integers(1, 7))
strides = st.integers(1, 4)
paddings = st.sampled_from(["valid", "same"])
activations = st.sampled_from(["linear", "relu", "sigmoid"])
either = st.booleans()
picks = st.integers(0, 3)  # of the forms of a layer


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def values_of(tensor):
    return np.array(keras.ops.convert_to_numpy(tensor))


def stock_of(shape, *layers):
    """A network of layers behind one that passes a gradient on, with random weights throughout."""
    convolution = keras.layers.Conv3D if len(shape) == 4 else keras.layers.Conv2D
    network = keras.Sequential([keras.Input(shape), convolution(shape[-1], 1), *layers])
    for number, variable in enumerate(network.trainable_variables):
        variable.assign(0.3 * random(*variable.shape, seed=number))
    return network


def a_step(network, clips, targets):
    """The outputs, and what one step of plain gradient descent makes of all variables."""
    network.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    before = [values_of(variable) for variable in network.variables]
    outputs = values_of(network(clips))
    network.train_on_batch(clips, targets)
    after = [values_of(variable) for variable in network.variables]
    for variable, value in zip(network.variables, before, strict=True):
        variable.assign(value)
    return outputs, after


def assert_same(stock, compiled, tolerance=2e-5, pick=None):
    """In the default forms, or in the form of the last layer that is picked by its number."""
    clips = random(2, *stock.input_shape[1:])
    targets = random(2, *stock.output_shape[1:], seed=1)
    outputs, after = a_step(stock, clips, targets)
    fast = FastNetwork(stock, compiled=compiled)
    forms = forms_of(stock.layers[-1])
    if pick is not None and forms:
        fast.use_forms([*fast.forms[:-1], forms[pick % len(forms)]])
    fast_outputs, fast_after = a_step(fast, clips, targets)
    np.testing.assert_allclose(fast_outputs, outputs, atol=tolerance, err_msg=fast.forms)
    for found, expected in zip(fast_after, after, strict=True):
        np.testing.assert_allclose(found, expected, atol=tolerance, err_msg=fast.forms)


@few
@given(sides, sides, channels, kernels, strides, paddings, activations, either, picks)
def test_convolutions(height, width, filters, kernel, stride, padding, activation, timed, pick):
    options = {"padding": padding, "activation": activation, "use_bias": filters > 1}
    if timed:
        layer = keras.layers.Conv3D(filters, (1, *kernel), (1, stride, stride), **options)
        assert_same(stock_of((2, height, width, 2), layer), False, pick=pick)
    else:
        layer = keras.layers.Conv2D(filters, kernel, stride, **options)
        assert_same(stock_of((height, width, 2), layer), False, pick=pick)


@few
@given(st.integers(2, 6), channels, st.integers(1, 9), kernels, strides, activations, either, picks)
def test_transposed_convolutions(height, filters, depth, kernel, stride, activation, timed, pick):
    options = {"activation": activation, "use_bias": filters > 1}
    shape = (height, 4, depth)
    if timed:
        layer = keras.layers.Conv3DTranspose(filters, (1, *kernel), (1, stride, stride), **options)
        assert_same(stock_of((2, *shape), layer), False, pick=pick)
    else:
        layer = keras.layers.Conv2DTranspose(filters, kernel, stride, **options)
        assert_same(stock_of(shape, layer), False, pick=pick)


@few
@given(st.integers(1, 4), st.integers(7, 9), channels, channels, st.integers(1, 5), paddings, picks)
def test_recurrent_convolutions(length, height, inputs, filters, kernel, padding, pick):
    layer = keras.layers.ConvLSTM2D(
        filters, kernel, padding=padding, use_bias=filters > 1, return_sequences=True
    )
    assert_same(stock_of((length, height, 8, inputs), layer), False, pick=pick)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv3D(2, (2, 3, 3)),
        keras.layers.Conv3D(2, (1, 3, 3), (2, 1, 1)),
        keras.layers.Conv3D(2, (1, 3, 3), (1, 2, 3)),
        keras.layers.Conv3D(2, (1, 3, 3), groups=2),
        keras.layers.Conv3D(2, (1, 3, 3), dilation_rate=(1, 2, 2)),
        keras.layers.Conv3DTranspose(2, (2, 3, 3)),
        keras.layers.Conv3DTranspose(2, (1, 5, 5), (1, 2, 2), padding="same"),
        keras.layers.Conv3DTranspose(2, (1, 2, 3), (1, 3, 3)),
        keras.layers.Conv3DTranspose(2, (1, 3, 3), (1, 2, 3)),
        keras.layers.ConvLSTM2D(2, 3, strides=2, return_sequences=True),
        keras.layers.ConvLSTM2D(2, 3, dilation_rate=2, return_sequences=True),
        keras.layers.ConvLSTM2D(2, 3, go_backwards=True, return_sequences=True),
        keras.layers.ConvLSTM2D(2, 3),
        keras.layers.MaxPooling3D((1, 2, 2)),
    ],
    ids=str,
)
def test_layers_that_have_a_form_only_in_part_are_the_same_too(layer):
    if isinstance(layer, keras.layers.Conv3D) and layer.groups > 1:
        network = stock_of((3, 9, 9, 2), layer)
        clips = random(2, 3, 9, 9, 2)
        found = FastNetwork(network).predict_on_batch(clips)
        np.testing.assert_allclose(found, network.predict_on_batch(clips), atol=1e-5)
    else:
        assert_same(stock_of((3, 9, 9, 2), layer), True)


def test_dropout_within_a_recurrence_is_drawn_as_ever():
    layer = keras.layers.ConvLSTM2D(2, 3, dropout=0.5, return_sequences=True, seed=1)
    network = stock_of((3, 9, 9, 2), layer)
    clips = np.ones((1, 3, 9, 9, 2), np.float32)
    fast = FastNetwork(network)
    drawn = [values_of(fast(clips, training=True)) for _ in range(3)]
    assert any((one != drawn[0]).any() for one in drawn)
    assert np.array_equal(values_of(fast(clips)), values_of(fast(clips)))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("arch", NETWORKS)
def test_whole_networks(arch, compiled):
    """One step moves all variables alike, the moving averages of normalisation among them."""
    keras.utils.set_random_seed(0)
    network = NETWORKS[arch](*SMALL[arch])
    assert_same(network, compiled, tolerance=1e-4)
    moved = [v for v in network.non_trainable_variables if "moving" in v.path]
    assert len(moved) == (18 if arch == "stcae" else 0)


@pytest.mark.parametrize("arch", NETWORKS)
def test_the_variables_are_those_of_the_stock_network(arch):
    network = NETWORKS[arch](*SMALL[arch])
    fast = FastNetwork(network)
    for kind in ("variables", "weights", "trainable_variables"):
        pairs = zip(getattr(fast, kind), getattr(network, kind), strict=True)
        assert all(mine is theirs for mine, theirs in pairs)


@pytest.mark.parametrize("arch", NETWORKS)
def test_every_convolution_has_its_form(arch):
    for layer in NETWORKS[arch](*SMALL[arch]).layers:
        if "Conv" in type(layer).__name__:
            assert has_fast_form(layer)


@pytest.mark.parametrize("precision", [name for name in PRECISIONS if name != "float32"])
def test_16_bits_are_close_and_stay_inside(precision):
    keras.utils.set_random_seed(0)
    network = NETWORKS["spatiotemporal"](*SMALL["spatiotemporal"])
    clips = np.abs(random(2, *network.input_shape[1:]))
    expected = network.predict_on_batch(clips)
    found = FastNetwork(network, precision)(clips)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    difference = np.abs(values_of(found) - expected).max()
    assert 0 < difference < 1e-4
    assert {variable.dtype for variable in network.trainable_variables} == {"float32"}


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_every_form_of_every_layer_of_the_default_network(precision):
    """Those of layers as they are, which are not drawn above, also in 16 bits."""
    keras.utils.set_random_seed(0)
    network = NETWORKS["spatiotemporal"](*SMALL["spatiotemporal"])
    tried = set()
    for layer in network.layers:
        inputs = random(2, *layer.input.shape[1:])
        expected = values_of(layer(inputs))
        for form in forms_of(layer):
            alone = keras.Sequential([keras.Input(inputs.shape[1:]), layer])
            fast = FastNetwork(alone, precision)
            fast.use_forms([form])
            tolerance = 2e-5 if precision == "float32" else 3e-2
            np.testing.assert_allclose(values_of(fast(inputs)), expected, atol=tolerance)
            tried.add(form)
    assert tried == {*CONVOLUTIONS, *TRANSPOSED, *RECURRENCES}


def test_a_form_that_is_not_known_is_refused():
    network = NETWORKS["cae"](*SMALL["cae"])
    fast = FastNetwork(network)
    with pytest.raises(ValueError, match="there is no form 'winograd' of the layer conv1"):
        fast.use_forms(["winograd" if form else "" for form in fast.forms])
    with pytest.raises(ValueError, match="1 forms for 14 layers"):
        fast.use_forms(["direct"])


def test_what_a_callback_stores_is_the_stock_network(tmp_path):
    stock = stock_of((3, 8, 8, 1), keras.layers.Conv3D(1, 1, name="last"))
    fast, weights = FastNetwork(stock), stock.get_weights()
    callbacks = keras.callbacks
    for saver in (
        callbacks.ModelCheckpoint(tmp_path / "m.keras"),
        callbacks.ModelCheckpoint(tmp_path / "m.weights.h5", save_weights_only=True),
    ):
        saver.set_model(fast)
        saver.on_epoch_end(0, {"loss": 0.0})
    again = keras.models.load_model(tmp_path / "m.keras", compile=False)
    assert type(again) is keras.Sequential
    fast.set_weights([0 * weight for weight in weights])
    fast.load_weights(tmp_path / "m.weights.h5")
    for one, other, expected in zip(again.get_weights(), stock.get_weights(), weights, strict=True):
        assert np.array_equal(one, expected)
        assert np.array_equal(other, expected)
    assert fast.get_layer("last") is stock.layers[-1]
