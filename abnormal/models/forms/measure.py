"""Times the forms of each layer on this machine, and says which are fastest."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from abnormal.models.backend import timed_step
from abnormal.models.fast import FastNetwork
from abnormal.models.forms.table import apply_layers, forms_of, has_fast_form

TURNS = 9
"""Number of turns in which each form of a layer is timed once."""

LEAST_TURNS = 5
"""Number of turns without which nothing is said about a form."""

GAIN = 1.1
"""How many times as fast as the default one another form has to be to be taken. What is closer than
that may be noise, and the next measurement would say otherwise."""

HOPELESS = 1.5
"""A form that takes so many times as long as the default one is not timed any further."""

Seconds = Mapping[str, list[float]]
"""The times of the forms of a layer, in seconds, turn by turn. A form may have had fewer turns."""

Clock = Callable[[], float]
"""Returns the time in seconds."""


class Setting(NamedTuple):
    """What is timed.

    Attributes:
        clips: Number of clips in a batch.
        training: Whether gradients are computed, too.
    """

    clips: int
    training: bool


def form_steps(
    network: FastNetwork, number: int, setting: Setting, forms: Sequence[str]
) -> dict[str, Callable]:
    """Returns, for each form of a layer, what computes it once.

    Args:
        network: The network, which XLA does not compile, on the TensorFlow backend.
        number: Number of the layer.
        setting: What is computed.
        forms: Names of the forms; `NO_FORM` is the layer itself.
    """
    layers = network.stock.layers
    layer = layers[number]
    shape = (setting.clips, *layer.input.shape[1:])
    inputs = np.random.default_rng(number).random(shape, np.float32)
    # Nothing before the first layer with weights needs a gradient.
    of_inputs = any(before.trainable_variables for before in layers[:number])

    def step_of(form: str) -> Callable:
        def compute(given: object) -> object:
            return apply_layers([layer], given, network.arithmetic, setting.training, [form])

        variables = layer.trainable_variables if setting.training else None
        return timed_step(compute, inputs, variables, of_inputs)

    return {form: step_of(form) for form in forms}


def take_turns(
    steps: Mapping[str, Callable], default: str, clock: Clock, deadline: float = math.inf
) -> dict[str, list[float]]:
    """Times steps in turns, so that what else the machine does meets all of them.

    Args:
        steps: What is timed, by name.
        default: Name of the step that the others are compared with.
        clock: Tells the time.
        deadline: When to stop, in seconds of the clock.
    """
    for step in steps.values():
        step()  # compiles
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    running = dict(steps)
    for _ in range(TURNS):
        for name, step in running.items():
            started = clock()
            step()
            seconds[name].append(clock() - started)
        most = HOPELESS * min(seconds[default])
        running = {name: step for name, step in running.items() if min(seconds[name]) <= most}
        if len(running) == 1 or clock() > deadline:
            break
    return seconds


def gain(seconds: Seconds, default: str, form: str) -> float:
    """Returns how many times as fast as the default a form is; 0 if there were too few turns.

    It is the median of the turns or, if that is less, the ratio of the best turns, because what
    else the machine does will hardly favour the same form in both.
    """
    turns = min(len(seconds[default]), len(seconds[form]))  # up to where one was given up
    if turns < LEAST_TURNS:
        return 0.0
    before, after = seconds[default][:turns], seconds[form][:turns]
    median = statistics.median(one / other for one, other in zip(before, after, strict=True))
    return min(median, min(before) / min(after))


def fastest(seconds: Seconds, default: str) -> str:
    """Returns the name of the fastest form, which is the default unless another is clearly faster.

    Args:
        seconds: The times; empty if nothing was timed.
        default: Name of the default form.
    """
    best = max(seconds, key=lambda form: gain(seconds, default, form), default=default)
    return best if seconds and gain(seconds, default, best) >= GAIN else default


def time_layers(
    network: FastNetwork, setting: Setting, clock: Clock, deadline: float = math.inf
) -> list[dict[str, list[float]]]:
    """Times the forms of each layer.

    Args:
        network: The network, which XLA does not compile, on the TensorFlow backend.
        setting: What is timed.
        clock: Tells the time.
        deadline: When to stop, in seconds of the clock.

    Returns:
        The times of each layer, in seconds; empty for a layer with a single form, and for those
        whose turn did not come before the deadline. Layers with the most to compute come first.
    """
    layers = network.stock.layers
    found: list[dict[str, list[float]]] = [{} for _ in layers]
    for number in sorted(range(len(layers)), key=lambda each: -products_of([layers[each]])):
        forms = forms_of(layers[number])
        if len(forms) > 1 and clock() < deadline:
            steps = form_steps(network, number, setting, forms)
            found[number] = take_turns(steps, network.forms[number], clock, deadline)
    return found


def products_of(layers: Sequence[keras.Layer]) -> int:
    """Returns how many products of two numbers the convolutions of a clip take, forward."""
    total = 0
    for layer in layers:
        if not has_fast_form(layer):
            continue
        if isinstance(layer, keras.layers.ConvLSTM2D):
            cell, places = layer.cell, math.prod(layer.output.shape[1:-1])
            weights = math.prod(cell.kernel.shape) + math.prod(cell.recurrent_kernel.shape)
        else:
            transposed = "Transpose" in type(layer).__name__
            places = math.prod((layer.input if transposed else layer.output).shape[1:-1])
            weights = math.prod(layer.kernel.shape)
        total += places * weights
    return total
