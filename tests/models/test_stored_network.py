"""Which network a model file holds is known without Keras and without its code."""

import dataclasses

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.model_file import change_model, read_model, save_model
from abnormal.models.stored_network import digest_of_network, has_same_code, holds_weights


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_it_is_the_same_whatever_the_model_is_taught(tmp_path, network, info, name):
    path = tmp_path / name
    save_model(path, network, info)
    before = digest_of_network(path)
    assert holds_weights(path, network.get_weights())

    model = read_model(path)
    change_model(model, dataclasses.replace(info, calibration={}))
    assert digest_of_network(path) == before == model.lazy_network.digest

    weights = network.get_weights()
    weights[-1] = np.nextafter(weights[-1], 1)
    assert not holds_weights(path, weights)
    network.set_weights(weights)
    save_model(path, network, info)
    assert digest_of_network(path) != before


@keras.saving.register_keras_serializable("test_stored_network")
class OwnNetwork(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.dropout = keras.layers.Dropout(0.5)  # which has a random state
        self.mean = keras.metrics.Mean()
        self.last = keras.layers.Conv3D(1, 3, padding="same")

    def call(self, clips):
        return self.last(self.dropout(clips))


def test_the_weights_of_a_class_of_its_own_are_found_without_its_code(tmp_path, info):
    network, path = OwnNetwork(), tmp_path / "own.keras"
    network(np.zeros((1, info.clip_length, info.size, info.size, 1)))
    save_model(path, network, info)
    assert holds_weights(path, network.get_weights())
    assert not holds_weights(path, [weight + 1 for weight in network.get_weights()])


def with_layer(layer):
    layers = keras.layers
    return keras.Sequential([keras.Input((2, 8, 8, 1)), layers.Conv3D(1, 1), layer, layers.ReLU()])


def doubled(clips):
    return 2 * clips


def tripled(clips):
    return 3 * clips


@keras.saving.register_keras_serializable("test_stored_network")
class Scaled(keras.layers.Layer):
    def __init__(self, by=1, **options):
        super().__init__(**options)
        self.by = by

    def call(self, clips):
        return self.by * clips

    def get_config(self):
        return super().get_config() | {"by": self.by}


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
@pytest.mark.parametrize(
    ("make", "other"),
    [
        (lambda: keras.layers.Activation("relu"), Scaled),
        (Scaled, lambda: Scaled(by=2)),
        (lambda: keras.layers.Lambda(doubled), lambda: keras.layers.Lambda(tripled)),
        (
            lambda: keras.layers.Lambda(lambda clips: 2 * clips),
            lambda: keras.layers.Lambda(lambda clips: 3 * clips),
        ),
    ],
)
def test_the_code_in_a_file_is_that_of_a_network_or_other(tmp_path, info, name, make, other):
    save_model(tmp_path / name, with_layer(make()), info)
    assert has_same_code(tmp_path / name, with_layer(make()))  # whose names have other numbers
    save_model(tmp_path / name, with_layer(other()), info)
    assert not has_same_code(tmp_path / name, with_layer(make()))


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.h5"
    for content in (None, b"", b"\x89HDF\r\n\x1a\n" + bytes(100)):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(AbnormalError, match=r"model\.h5"):
            digest_of_network(path)
