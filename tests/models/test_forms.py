"""Which forms are chosen, by times that the tests say, and what is kept of that."""

import itertools
import json
import logging
import os

import keras
import pytest

from abnormal.models.fast import FastNetwork
from abnormal.models.forms import choose, kept
from abnormal.models.forms.choose import choose_forms
from abnormal.models.forms.measure import (
    LEAST_TURNS,
    TURNS,
    Setting,
    fastest,
    products_of,
    take_turns,
    time_layers,
)
from abnormal.models.networks import NETWORKS


@pytest.fixture
def network():
    layers = keras.layers
    stock = keras.Sequential(
        [
            keras.Input((3, 9, 9, 1)),
            layers.Conv3D(2, (1, 3, 3), (1, 2, 2), name="first"),
            layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True, name="recurrent"),
            layers.Activation("relu"),
            layers.Conv3DTranspose(1, (1, 3, 3), (1, 2, 2), name="last"),
        ]
    )
    return FastNetwork(stock)


@pytest.fixture
def plan(monkeypatch, tmp_path):
    """Says how long the forms of each layer take, and counts the measurements."""
    times = {"last": {"direct": [1.0] * TURNS, "phases": [0.5] * TURNS}, "measured": 0}

    def time_layers(network, *_):
        times["measured"] += 1
        return [times.get(layer.name, {}) for layer in network.stock.layers]

    monkeypatch.setattr(choose, "time_layers", time_layers)
    monkeypatch.setattr(choose, "LEAST_PRODUCTS", 0)
    monkeypatch.setenv("ABNORMAL_CACHE", str(tmp_path))
    return times


CHOSEN = ("direct", "fused", "", "phases")


def the_file(folder):
    (path,) = (folder / "forms").glob("*.json")
    return path


def test_a_form_is_taken_if_it_is_clearly_faster():
    default = [1.0] * TURNS
    for others, expected in (
        ({}, "a"),
        ({"b": [0.95] * TURNS}, "a"),  # too little
        ({"b": [0.9] * TURNS, "c": [0.8] * TURNS}, "c"),
        ({"b": [0.5] * (LEAST_TURNS - 1)}, "a"),  # too few turns
        ({"b": [0.5] * LEAST_TURNS}, "b"),
        ({"b": [0.5, 0.5, 0.5, 0.5, 1.2, 1.2, 1.2, 1.2, 1.2]}, "a"),  # too often slower
        ({"a": [0.5, *default[1:]], "b": [0.6] * TURNS}, "a"),  # which was slowed down
        ({"b": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 9, 9]}, "b"),  # in spite of outliers
    ):
        assert fastest({"a": default, **others}, "a") == expected
    assert fastest({}, "a") == "a"


def test_turns_are_taken_until_it_is_clear_or_late():
    now, done = 0.0, []

    def step_of(name, seconds):
        def step():
            nonlocal now
            now += seconds
            done.append(name)

        return step

    steps = {"slow": step_of("slow", 1.6), "default": step_of("default", 1), "b": step_of("b", 1.4)}
    seconds = take_turns(steps, "default", lambda: now)
    assert {name: len(times) for name, times in seconds.items()} == {
        "slow": 1,
        "default": TURNS,
        "b": TURNS,
    }
    assert seconds["b"] == pytest.approx([1.4] * TURNS)
    assert done[:6] == ["slow", "default", "b"] * 2  # once to compile

    seconds = take_turns(steps, "default", lambda: now, deadline=now + 4 + 4 + 2.4)
    assert [len(times) for times in seconds.values()] == [1, 3, 3]
    del steps["b"]
    assert [len(times) for times in take_turns(steps, "default", lambda: now).values()] == [1, 1]


def test_all_forms_of_all_layers_are_timed_forward_and_in_training(network):
    ticks = itertools.count()
    for training in (False, True):
        timed = time_layers(network, Setting(1, training), lambda: next(ticks))
        assert [sorted(each) for each in timed] == [
            ["direct", "patches", "phases", "space_to_depth"],
            ["fused", "joined", "separate"],
            [],
            ["columns", "direct", "phases", "squares"],
        ]
        assert all(len(times) == TURNS for each in timed for times in each.values())
    assert time_layers(network, Setting(1, True), lambda: next(ticks), deadline=0) == [{}] * 4


def test_what_was_measured_once_is_kept_for_this_machine(
    network, plan, tmp_path, caplog, monkeypatch
):
    caplog.set_level(logging.INFO, "abnormal")
    ticks = itertools.count(0, 4)
    for _ in range(2):
        assert choose_forms(network, 4, "on", lambda: next(ticks)) == CHOSEN
    assert plan["measured"] == 1
    assert caplog.messages == [
        "measured in 4.0 s, for this and later runs, which forms of the layers are fastest here: "
        "last as phases (2.0 times as fast)"
    ]
    content = json.loads(the_file(tmp_path).read_text())
    assert content["made_for"]["cores"] == len(os.sched_getaffinity(0))
    assert content["layers"][-1] == {
        "name": "last",
        "form": "phases",
        "milliseconds": {"direct": 1000, "phases": 500},
    }

    plan["last"]["phases"] = [2.0] * TURNS
    assert choose_forms(network, 4, "on") == CHOSEN
    assert choose_forms(network, 4, "again") == network.forms
    assert choose_forms(network, 4, "on") == network.forms
    assert plan["measured"] == 2
    monkeypatch.setattr(choose, "processor_name", lambda: "another")
    choose_forms(network, 4, "on")
    choose_forms(FastNetwork(network.stock, "mixed_bfloat16"), 4, "on")
    assert plan["measured"] == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("{"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text(path.read_text().replace("phases", "winograd")),
        lambda path: path.write_text(path.read_text().replace('"cores"', '"kernels"')),
        lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), "layers": [{}]})),
        lambda path: (path.unlink(), os.mkfifo(path)),
    ],
)
def test_a_damaged_file_costs_another_measurement(network, plan, tmp_path, damage, caplog):
    choose_forms(network, 4, "on")
    damage(the_file(tmp_path))
    for _ in range(2):
        assert choose_forms(network, 4, "on") == CHOSEN
    assert plan["measured"] == 2
    assert sum("is damaged" in said for said in caplog.messages) == 1


def test_those_that_were_not_used_for_longest_go(plan, monkeypatch, tmp_path):
    monkeypatch.setenv("ABNORMAL_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "KEEP", 2)
    (tmp_path / "forms").mkdir()
    (others := tmp_path / "forms" / "package.json").touch()
    for number in range(3):
        kept.keep_forms({"number": number}, [{"form": "a"}])
        for path in (tmp_path / "forms").iterdir():
            os.utime(path, (0, path.stat().st_mtime - 10))
    found = [kept.read_forms({"number": number}, lambda _: None) for number in range(3)]
    assert found == [None, ("a",), ("a",)]
    assert others.exists()


def test_nothing_is_measured_that_is_not_wanted_not_worth_it_or_not_kept(
    network, plan, monkeypatch, tmp_path
):
    assert choose_forms(network, 4, "off") is None
    monkeypatch.setattr(choose, "LEAST_PRODUCTS", 4 * products_of(network.stock.layers) + 1)
    assert choose_forms(network, 4, "on") is None
    monkeypatch.setattr(choose, "LEAST_PRODUCTS", 0)
    (tmp_path / "file").touch()
    monkeypatch.setenv("ABNORMAL_CACHE", str(tmp_path / "file"))
    assert choose_forms(network, 4, "again") is None
    monkeypatch.setenv("ABNORMAL_CACHE", str(tmp_path))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert choose_forms(network, 4, "again") is None
    assert plan["measured"] == 0


def test_the_size_of_a_network_is_known():
    """By hand: 2x2 places of 9 weights, 3x3 of 2x8x(1+2)x9; and the default network of docs."""
    stock = keras.Sequential(
        [
            keras.Input((2, 5, 5, 1)),
            keras.layers.Conv3D(1, (1, 3, 3), (1, 2, 2), name="a"),
            keras.layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True, name="b"),
            keras.layers.Conv3DTranspose(1, (1, 3, 3), (1, 2, 2), name="c"),
        ]
    )
    by_hand = 2 * (4 * 9 + 4 * 9 * 8 * (1 + 2) + 4 * 9 * 2)
    assert products_of(stock.layers) == by_hand
    default = NETWORKS["spatiotemporal"](10, 227)
    assert products_of(default.layers) / 10 == pytest.approx(0.8e9, rel=0.05)
