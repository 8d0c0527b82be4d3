"""A run computes its layers in the forms that it began with, whatever is fastest later."""

import keras
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.fast import FastNetwork
from abnormal.training import forms as module
from abnormal.training.devices import Devices
from abnormal.training.forms import choose_fastest, restore_forms, state_of


@pytest.fixture
def stock():
    over_time = keras.layers.Conv3D(1, (2, 3, 3))  # which has no fast form
    return keras.Sequential([keras.Input((2, 9, 9, 1)), over_time])


@pytest.fixture
def network(stock):
    stock.add(keras.layers.Conv3D(1, (1, 3, 3), (1, 2, 2)))
    return FastNetwork(stock, compiled=False)


def test_what_is_stored_is_restored(network):
    stored = state_of(network) | {"forms": ["", "phases"]}
    restore_forms(network, stored)
    assert state_of(network) == stored
    restore_forms(network, {})  # of an earlier version
    assert network.forms == ("", "phases")


@pytest.mark.parametrize("forms", [["", "winograd"], ["phases", "direct"], ["direct"]])
def test_forms_of_another_network_or_version_are_refused(network, forms):
    with pytest.raises(AbnormalError, match=r"does not fit the network: there .*--restart"):
        restore_forms(network, {"forms": forms})


def test_forms_are_chosen_for_one_device_and_without_xla(network, monkeypatch):
    monkeypatch.setattr(module, "choose_forms", lambda *_: ("", "phases"))
    compiled, own = FastNetwork(network.stock, compiled=True), network.stock
    for other, devices in ((network, Devices(2)), (compiled, Devices()), (own, Devices())):
        assert not choose_fastest(other, 4, "on", devices)
    restore_forms(compiled, {"forms": ["", "phases"]})
    assert state_of(compiled) == state_of(own) == {}
    assert network.forms == ("", "direct") == compiled.forms
    assert choose_fastest(network, 4, "on", Devices())
    assert network.forms == ("", "phases")
    monkeypatch.setattr(module, "choose_forms", lambda *_: None)
    assert not choose_fastest(network, 4, "on", Devices())
