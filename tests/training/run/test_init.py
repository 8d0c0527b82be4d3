"""A run that starts from a model: nothing in its file is run unasked, and any network goes on."""

import dataclasses
import sys

import keras
import numpy as np
import pytest

import abnormal
from abnormal.cli import train as program
from abnormal.errors import AbnormalError
from abnormal.models.model import ModelInfo
from abnormal.models.model_file import read_model, save_model
from abnormal.models.own_code import needs_of
from abnormal.models.trust import trusting
from abnormal.training.devices import ONE_DEVICE, Devices
from abnormal.training.network import devices_for, make_network
from abnormal.training.options import OwnParts
from tests.training.run.running import LENGTH, SIZE, go, small_network


@keras.saving.register_keras_serializable("test_init")
class OwnNetwork(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.last = keras.layers.Conv3D(1, 3, padding="same", activation="sigmoid")

    def call(self, clips):
        return self.last(clips)


@pytest.fixture
def own_model(tmp_path):
    """A model as `--arch FILE.py:FUNCTION` makes it: its file names the file of the function."""
    evil = tmp_path / "evil.py"
    evil.write_text("raise SystemExit('it is run')\n")
    network, path = OwnNetwork(), tmp_path / "own.keras"
    network(np.zeros((1, LENGTH, SIZE, SIZE, 1)))
    save_model(
        path, network, ModelInfo(f"{evil}:build", LENGTH, SIZE, 10.0, needs=needs_of(network))
    )
    return path


@pytest.fixture
def forged(tmp_path):
    """A model of stock layers that names a file with code."""
    evil = tmp_path / "evil.py"
    evil.write_text("raise SystemExit('it is run')\n")
    network = small_network(LENGTH, SIZE)
    save_model(tmp_path / "forged.h5", network, ModelInfo(f"{evil}:x", LENGTH, SIZE, 10.0))
    return tmp_path / "forged.h5"


def test_what_a_model_names_is_not_run(forged, img, tmp_path, monkeypatch):
    options = []
    monkeypatch.setattr("abnormal.training.run.train", lambda given, _: options.append(given))
    output = tmp_path / "new.h5"
    said = ["--init", str(forged), "--img", str(img), "--output", str(output)]
    assert program.main(said) == 0
    assert options[0].own == OwnParts()
    assert len(make_network(options[0]).layers) == len(small_network(LENGTH, SIZE).layers)
    assert "evil" not in sys.modules


def test_a_network_of_ones_own_is_tuned_if_it_is_trusted(options, own_model):
    arch = read_trusted(own_model).info.arch
    tuned = dataclasses.replace(options, arch=arch, init=own_model, epochs=1)
    with trusting(True):
        with pytest.raises(AbnormalError, match=r"cannot be stored in .*model.h5"):
            go(tuned)
        result = go(dataclasses.replace(tuned, output=options.output.with_suffix(".keras")))
    assert result.info.arch == arch
    assert [need.rpartition(":")[2] for need in result.info.needs] == ["OwnNetwork"]


def read_trusted(path):
    with trusting(True):
        return read_model(path)


def test_from_python_it_is_trusted_before_its_file_is_read(own_model, img, tmp_path, monkeypatch):
    options = []
    monkeypatch.setattr("abnormal.training.run.train", lambda given, _: options.append(given))
    monkeypatch.setattr("abnormal.inference.detector.open_detector", lambda path, *_: path)
    with pytest.raises(abnormal.AbnormalError, match="OwnNetwork"):
        abnormal.train(img, tmp_path / "new.keras", init=own_model)
    abnormal.train(img, tmp_path / "new.keras", init=own_model, trust=True)
    assert (options[0].init, options[0].clip_length) == (own_model, LENGTH)


def test_only_the_networks_of_this_program_share_devices(options):
    ours, two = small_network(LENGTH, SIZE), Devices(2)
    functional = keras.Model(ours.inputs, ours.outputs)
    assert devices_for(ours, options, two) is two
    own = dataclasses.replace(options, own=OwnParts(small_network))
    for network, given in (
        (functional, options),
        (OwnNetwork(), options),
        (ours, own),
        (ours, dataclasses.replace(options, arch="net.py:build")),
    ):
        assert devices_for(network, given, two) == ONE_DEVICE
        with pytest.raises(AbnormalError, match="2 hosts are asked for"):
            devices_for(network, given, Devices(2, hosts=2))
