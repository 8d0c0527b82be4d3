"""Chooses the forms of a network that are fastest on this machine, measured once and kept."""

import logging
import math
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

from abnormal.errors import AbnormalError
from abnormal.files import locked_folder, make_folder
from abnormal.models.backend import versions
from abnormal.models.fast import FastNetwork
from abnormal.models.forms.kept import forms_folder, keep_forms, read_forms
from abnormal.models.forms.measure import (
    Clock,
    Seconds,
    Setting,
    fastest,
    gain,
    products_of,
    time_layers,
)
from abnormal.models.forms.table import check_forms, forms_of
from abnormal.names import TUNE_NAMES
from abnormal.tasks.cores import available_cores, processor_name

ON, OFF, AGAIN = TUNE_NAMES

LEAST_PRODUCTS = 2_000_000_000
"""A batch that takes fewer products forward is computed in the default forms. A step of training
with so many takes a tenth of a second on two cores."""

PRODUCTS_PER_CORE = 4_000_000_000
"""So many products are timed for each core: a few clips, or the whole batch if it has fewer."""

MOST_SEC = 10
"""Seconds after which the layers that are left keep their default forms."""

log = logging.getLogger(__name__)


def choose_forms(
    network: FastNetwork, batch_size: int, tune: str, clock: Clock = time.perf_counter
) -> tuple[str, ...] | None:
    """Returns the forms in which a network is trained fastest on this machine.

    They are measured once, and kept in the user's cache folder. What cannot be kept is not
    measured, because the next run would choose otherwise. While one process measures, others that
    want to wait for it.

    Args:
        network: A network with its default forms, which XLA does not compile. It is not changed.
        batch_size: Number of clips in a batch.
        tune: A name in `TUNE_NAMES`.
        clock: Tells the time in seconds.

    Returns:
        The name of the form of each layer. None if the default forms are to be used, as for small
        networks, for which it does not matter.
    """
    if tune == OFF or keras.backend.backend() != "tensorflow":
        return None
    of_clip = products_of(network.stock.layers)
    if not of_clip or batch_size * of_clip < LEAST_PRODUCTS:
        return None
    clips = min(batch_size, math.ceil(PRODUCTS_PER_CORE * available_cores() / of_clip))
    setting = Setting(clips, training=True)
    made_for = _made_for(network, setting)
    try:
        with locked_folder(make_folder(forms_folder())):
            kept = (
                None
                if tune == AGAIN
                else read_forms(made_for, partial(check_forms, network.stock.layers))
            )
            return kept or _measured(network, setting, made_for, clock)
    except AbnormalError as error:
        log.info("the forms of the layers are not measured, because none could be kept: %s", error)
        return None


def _made_for(network: FastNetwork, setting: Setting) -> dict[str, Any]:
    """Returns what a choice depends on, in words that people can read, too."""
    return {
        "processor": processor_name(),
        "cores": available_cores(),
        "versions": versions(),
        "precision": network.precision,
        **setting._asdict(),
        "layers": [_describe(layer) for layer in network.stock.layers],
    }


def _describe(layer: keras.Layer) -> str:
    """Returns what the times of the forms of a layer depend on, and the names of these forms."""
    shapes = f"{_sides(layer.input.shape[1:])} to {_sides(layer.output.shape[1:])}"
    if not forms_of(layer):
        return f"{type(layer).__name__}: {shapes}"
    kernel, strides = _sides(layer.kernel_size), _sides(layer.strides)
    forms = ", ".join(forms_of(layer))
    return f"{type(layer).__name__} {kernel} {layer.padding}, strides {strides}: {shapes} ({forms})"


def _sides(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _measured(
    network: FastNetwork, setting: Setting, made_for: dict[str, Any], clock: Clock
) -> tuple[str, ...]:
    """Measures and keeps the forms, and says so."""
    started = clock()
    timed = time_layers(network, setting, clock, started + MOST_SEC)
    forms = tuple(
        fastest(seconds, default) for seconds, default in zip(timed, network.forms, strict=True)
    )
    entries, others = [], []
    for layer, form, default, seconds in zip(
        network.stock.layers, forms, network.forms, timed, strict=True
    ):
        entries.append({"name": layer.name, "form": form, "milliseconds": _milliseconds(seconds)})
        if form != default:
            faster = gain(seconds, default, form)
            others.append(f"{layer.name} as {form} ({faster:.1f} times as fast)")
    keep_forms(made_for, entries)
    log.info(
        "measured in %.1f s, for this and later runs, which forms of the layers are fastest here: "
        "%s",
        clock() - started,
        ", ".join(others) or "the default ones",
    )
    return forms


def _milliseconds(seconds: Seconds) -> dict[str, float]:
    """Returns the best time of each form, rounded for people."""
    return {form: round(1000 * min(times), 2) for form, times in seconds.items()}
