"""What cannot be opened again is refused before training, and what can is opened as it was."""

import sys

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.model_file import load_model, save_model
from abnormal.models.own_code import needs_of
from abnormal.models.own_import import import_file
from abnormal.models.storable import require_storable
from abnormal.models.trust import trusting

CODE = """
import keras

def halved(x):
    return x / FACTOR

class Scaled(keras.layers.Layer):
    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def build(self, shape):
        self.count = self.add_weight((), "zeros", dtype="int32", trainable=False)

    def call(self, clips):
        return clips * self.factor

    def get_config(self):
        return super().get_config()
"""

SHAPE = (3, 8, 8, 1)


@pytest.fixture
def code(tmp_path):
    yield import_file(write_code(tmp_path / "code", 2))
    for name in [name for name in sys.modules if name.startswith("layers_of_a_test")]:
        del sys.modules[name]


def write_code(folder, factor):
    folder.mkdir()
    file = folder / "layers_of_a_test.py"
    file.write_text(CODE.replace("FACTOR", str(factor)))
    return file


def network_of(*layers, shape=SHAPE):
    last = keras.layers.Conv3D(1, 3, padding="same")
    return keras.Sequential([keras.Input(shape), *layers, last])


def recurrent(**options):
    return keras.layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True, **options)


def with_operations():
    clip = keras.Input(SHAPE)
    return keras.Model(clip, clip - 2 * keras.layers.Conv3D(1, 3, padding="same")(clip))


def with_states():
    clip = keras.Input(SHAPE)
    states, *_ = recurrent(return_state=True)(clip)
    return keras.Model(clip, keras.layers.Conv3D(1, 1)(states))


def written(network, path, info):
    require_storable(network, path, SHAPE)
    save_model(path, network, info.__class__("own", 3, 8, 25.0, needs=needs_of(network)))
    with trusting(True):
        return load_model(path).network


def computed(network):
    return np.asarray(network(np.random.default_rng(0).random((1, *SHAPE), np.float32)))


@pytest.mark.parametrize(
    "make",
    [
        lambda code: network_of(
            keras.layers.Conv3D(2, 3, padding="same"), shape=(None,) * 3 + (1,)
        ),
        lambda code: network_of(recurrent(), shape=(None, 8, 8, 1)),
        lambda code: with_states(),
        lambda code: network_of(code.Scaled()),
        lambda code: network_of(keras.layers.Conv3D(1, 1, activation=code.halved)),
    ],
)
def test_what_is_stored_computes_the_same(make, code, tmp_path, info):
    network = make(code)
    again = written(network, tmp_path / "own.h5", info)
    assert np.array_equal(computed(again), computed(network))


def test_operations_are_for_archives(tmp_path, info):
    network = with_operations()
    with pytest.raises(AbnormalError, match=r"Name the model file .*own\.keras"):
        require_storable(network, tmp_path / "own.h5", SHAPE)
    again = written(network, tmp_path / "own.keras", info)
    assert np.array_equal(computed(again), computed(network))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda code: network_of(code.Scaled(3.0)), "computes something else.*get_config"),
        (lambda code: network_of(keras.layers.Conv3D(1, 1, dtype="bfloat16")), "bfloat16 is none"),
        (lambda code: network_of(keras.layers.Activation(lambda_named("f"))), "not at the top"),
    ],
)
def test_what_cannot_be_opened_again_is_refused(make, said, code, tmp_path):
    with pytest.raises(AbnormalError, match=said):
        require_storable(make(code), tmp_path / "own.h5", SHAPE)


def lambda_named(name):
    def function(x):
        return x / 2

    function.__name__ = name
    return function


def test_what_is_defined_in_a_notebook_is_opened_where_it_is_defined(
    code, tmp_path, info, monkeypatch, caplog
):
    notebook = sys.modules["__main__"]
    monkeypatch.setattr(code.Scaled, "__module__", "__main__")
    monkeypatch.setattr(notebook, "Scaled", code.Scaled, raising=False)
    network, path = network_of(code.Scaled()), tmp_path / "own.h5"
    again = written(network, path, info)
    assert np.array_equal(computed(again), computed(network))
    assert "Scaled is defined in a notebook or a program" in caplog.text
    monkeypatch.delattr(notebook, "Scaled")
    with trusting(True), pytest.raises(AbnormalError, match="Define it there before"):
        load_model(path)


def test_code_of_the_same_name_is_told_apart(code, tmp_path, info):
    networks = [network_of(keras.layers.Activation(code.halved))]
    written(networks[0], tmp_path / "0.h5", info)
    del sys.modules["layers_of_a_test"]
    other = import_file(write_code(tmp_path / "other", 4))
    networks.append(network_of(keras.layers.Activation(other.halved)))
    written(networks[1], tmp_path / "1.h5", info)
    with trusting(True):
        again = [load_model(tmp_path / f"{number}.h5").network for number in (0, 1)]
    for one, network in zip(again, networks, strict=True):
        assert np.array_equal(computed(one), computed(network))


def test_that_trust_will_be_needed_is_said_before(code, tmp_path, caplog):
    require_storable(network_of(code.Scaled()), tmp_path / "own.h5", SHAPE)
    assert "only with --trust" in caplog.text
    assert "layers_of_a_test:Scaled" in caplog.text


def usual_layers():
    layers = keras.layers
    separable = layers.SeparableConv2D(2, 3, padding="same", depthwise_constraint="max_norm")
    clip = keras.Input(SHAPE)
    pixels = layers.Rescaling(2.0)(layers.TimeDistributed(separable)(clip))
    pixels = layers.TimeDistributed(layers.DepthwiseConv2D(3, padding="same"))(pixels)
    rows = layers.Reshape((3, 128))(pixels)
    rows = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(rows)
    rows = layers.RMSNormalization()(layers.MultiHeadAttention(1, 2)(rows, rows))
    rows = layers.Conv1D(2, 1, kernel_initializer=keras.initializers.VarianceScaling())(rows)
    code = layers.GRU(2)(rows) * layers.GlobalAveragePooling1D()(rows)
    steps = layers.Dense(64, kernel_constraint=keras.constraints.UnitNorm())(
        layers.RepeatVector(3)(code)
    )
    return keras.Model(clip, layers.Reshape(SHAPE)(steps))


def test_keras_own_layers_need_no_trust(tmp_path, info, caplog):
    network, path = usual_layers(), tmp_path / "own.keras"
    require_storable(network, path, SHAPE)
    assert not caplog.text
    save_model(path, network, info.__class__("own", 3, 8, 25.0, needs=needs_of(network)))
    again = load_model(path).network
    assert np.array_equal(computed(again), computed(network))
