"""Makes the options of a training run from names and from objects of Python."""

import dataclasses
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from abnormal.errors import AbnormalError, require_one_of
from abnormal.models.defaults import ARCHITECTURES, is_file_and_function
from abnormal.models.own_network import Build, clip_shape, load_builder
from abnormal.names import LOSS_NAMES
from abnormal.training.choices import make_options
from abnormal.training.losses import LOSSES, Loss
from abnormal.training.options import OwnParts, TrainingOptions

log = logging.getLogger(__name__)


def own_options(
    places: tuple[Path, Path],
    network: str | keras.Model | Build | None,
    loss: str | Loss,
    callbacks: Sequence[keras.callbacks.Callback],
    choices: Mapping[str, Any],
) -> TrainingOptions:
    """Returns the options of a run.

    Args:
        places: Folder of the frames, and path of the model file to write.
        network: Name of an architecture, `FILE.py:FUNCTION`, a network, or a function that builds
            one; None for the network of the model that the run starts from, or the default one.
        loss: Name of a loss, or a loss.
        callbacks: Keras callbacks.
        choices: See `abnormal.training.choices.TrainingChoices`.

    Raises:
        AbnormalError: A name is not known, a value is out of its range, or the network is not for
            clips.
    """
    if isinstance(network, keras.Model):
        choices = _with_shape_of(network, choices)
    _check_parts(loss, callbacks)
    own = OwnParts(builder_of(network), None if isinstance(loss, str) else loss, tuple(callbacks))
    arch = None if network is None else _name_of(network)
    if own.build and arch in ARCHITECTURES:  # it is another network all the same
        arch = f"own_{arch}"
    options = make_options(*places, arch, _name_of(loss), choices)
    return dataclasses.replace(options, own=own)


def _check_parts(loss: object, callbacks: object) -> None:
    if isinstance(loss, str):
        require_one_of("loss", loss, LOSS_NAMES)
    elif not callable(loss) or isinstance(loss, type):
        raise AbnormalError(
            f"The loss is {loss!r}. Expected: one of {', '.join(LOSS_NAMES)}, or a function of the "
            "clips and their reconstructions."
        )
    known = keras.callbacks.Callback
    if not isinstance(callbacks, list | tuple) or not all(isinstance(c, known) for c in callbacks):
        raise AbnormalError(
            f"The callbacks are {callbacks!r}. Expected: a list of objects of keras.callbacks."
        )


def with_own_network(options: TrainingOptions) -> TrainingOptions:
    """Returns options whose network is built by the function in a file that `arch` names.

    Raises:
        AbnormalError: There is no such file or function, or the file cannot be run.
    """
    own = dataclasses.replace(options.own, build=builder_of(options.arch))
    return dataclasses.replace(options, own=own)


def builder_of(network: str | keras.Model | Build | None) -> Build | None:
    """Returns the function that builds a network of one's own; None for the name of another.

    Raises:
        AbnormalError: The name is not known, or there is no such file or function.
    """
    if network is None:
        return None
    if isinstance(network, keras.Model):
        return lambda clip_length, size: network
    if not isinstance(network, str):
        return network
    if is_file_and_function(network):
        log.warning("--arch %s runs the code in that file", network)
        return load_builder(network)
    require_one_of("network", network, ARCHITECTURES)
    return None


def loss_of(options: TrainingOptions) -> Callable[[Any, Any], Any]:
    """Returns the loss of a run."""
    return options.own.loss or LOSSES[options.loss]


def _with_shape_of(network: keras.Model, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the clip length and the size that a network is made for to the choices."""
    made_for = dict(zip(("clip_length", "size"), clip_shape(network), strict=True))
    for name, value in made_for.items():
        if value is not None and choices.get(name) not in (None, value):
            raise AbnormalError(
                f"The network {network.name} is made for {name}={value}, but {choices[name]} is "
                "asked for. Leave it out, or build the network for it."
            )
    return {**choices, **{name: value for name, value in made_for.items() if value is not None}}


def _name_of(part: object) -> str:
    """Returns a name that is the same whenever the same program runs."""
    if isinstance(part, str):
        return part
    name = getattr(part, "__name__", None) or getattr(part, "name", None) or type(part).__name__
    return re.sub(r"_\d+$", "", str(name))  # Keras numbers the names of networks
