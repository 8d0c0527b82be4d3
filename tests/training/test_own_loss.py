"""A loss is told from another one of its name, and is the same whenever the same program runs."""

import functools

import keras
import numpy as np
import pytest

from abnormal.training.own_loss import fingerprint_of_loss, may_be_the_same

WEIGHT = 2.0


def weighted(weight):
    def loss(clips, outputs):
        return weight * keras.ops.mean(keras.ops.abs(clips - outputs), axis=-1)

    return loss


def of_a_global(clips, outputs):
    return WEIGHT * helper(clips - outputs)


def helper(residuals):
    return keras.ops.mean(residuals, axis=-1)


def other_helper(residuals):
    return keras.ops.max(residuals, axis=-1)


class Own(keras.losses.Loss):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def call(self, clips, outputs):
        return self.weight * (clips - outputs)


class Other(Own):
    def call(self, clips, outputs):
        return self.weight + (clips - outputs)


Other.__qualname__ = Own.__qualname__


def partial_of(**options):
    return functools.partial(keras.losses.huber, **options)


@pytest.mark.parametrize(
    ("make", "others"),
    [
        (lambda: keras.losses.Huber(delta=1.0), [lambda: keras.losses.Huber(delta=1e-6)]),
        (lambda: weighted(1.0), [lambda: weighted(100.0)]),
        (lambda: weighted(np.ones(3)), [lambda: weighted(np.zeros(3))]),
        (lambda: Own(1.0), [lambda: Own(2.0), lambda: Other(1.0)]),
        (lambda: partial_of(delta=1.0), [lambda: partial_of(delta=2.0)]),
        (lambda: Own(1.0).call, [lambda: Own(2.0).call]),
    ],
)
def test_losses_of_one_name_are_told_apart(make, others):
    assert fingerprint_of_loss(make()) == fingerprint_of_loss(make())
    assert fingerprint_of_loss(make()) not in [fingerprint_of_loss(other()) for other in others]


@pytest.mark.parametrize(("name", "value"), [("WEIGHT", 3.0), ("helper", other_helper)])
def test_what_a_loss_uses_from_around_it_is_a_part_of_it(name, value, monkeypatch):
    before = fingerprint_of_loss(of_a_global)
    monkeypatch.setitem(globals(), name, value)
    assert fingerprint_of_loss(of_a_global) != before


def test_what_another_python_has_compiled_is_not_compared():
    assert may_be_the_same("3.11 a", "3.12 b")
    assert not may_be_the_same("3.11 a", "3.11 b")
