"""Which layers have fast forms, which these are, and which of them is used unless one is chosen."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras

from abnormal.models.forms.arithmetic import Arithmetic, Form, Tensor
from abnormal.models.forms.convolution import (
    CONVOLUTIONS,
    default_convolution,
    is_plain_convolution,
)
from abnormal.models.forms.recurrence import RECURRENCES, default_recurrence, is_plain_recurrence
from abnormal.models.forms.transposed import TRANSPOSED, default_transposed, is_plain_transposed

NO_FORM = ""
"""Stands for the form of a layer that has none, and is called unchanged."""


def apply_layers(
    layers: Sequence[keras.Layer],
    inputs: Tensor,
    arithmetic: Arithmetic,
    training: bool | None = None,
    forms: Sequence[str] | None = None,
) -> Tensor:
    """Applies layers of a stock network one after the other, in their fast forms if they have one.

    Args:
        layers: The layers.
        inputs: The inputs of the first layer, `(batch, ...)` float32.
        arithmetic: How convolutions are computed.
        training: Whether the layers run in training mode. None stands for Keras's own choice.
        forms: Name of the form of each layer; None for the default ones.

    Returns:
        The outputs of the last layer, float32.
    """
    outputs = inputs
    forms = default_forms(layers, arithmetic.compiled) if forms is None else forms
    for layer, form in zip(layers, forms, strict=True):
        if form == NO_FORM:
            # Passed on explicitly: under JAX's differentiation, Keras does not set the training
            # mode of nested layers.
            outputs = layer(outputs, training=training)
        else:
            outputs = _FAMILIES[type(layer)].forms[form].apply(layer, outputs, arithmetic)
    return outputs


def has_fast_form(layer: keras.Layer) -> bool:
    """Returns whether a layer, configured as it is, has a fast form."""
    family = _FAMILIES.get(type(layer))
    return family is not None and layer.activity_regularizer is None and family.supports(layer)


def forms_of(layer: keras.Layer) -> tuple[str, ...]:
    """Returns the names of all forms that a layer can be computed in; empty if it has none."""
    if not has_fast_form(layer):
        return ()
    forms = _FAMILIES[type(layer)].forms
    return tuple(name for name, form in forms.items() if form.supports(layer))


def check_forms(layers: Sequence[keras.Layer], forms: Sequence[str]) -> None:
    """Makes sure that there is such a form of each layer.

    Raises:
        ValueError: There is none.
    """
    if len(forms) != len(layers):
        raise ValueError(f"there are {len(forms)} forms for {len(layers)} layers")
    for layer, form in zip(layers, forms, strict=True):
        if form not in (forms_of(layer) or (NO_FORM,)):
            raise ValueError(f"there is no form {form!r} of the layer {layer.name}")


def default_forms(layers: Sequence[keras.Layer], compiled: bool) -> tuple[str, ...]:
    """Returns the name of the form of each layer that is used where nothing was measured.

    Args:
        layers: The layers.
        compiled: Whether XLA compiles the network.
    """
    return tuple(
        _FAMILIES[type(layer)].default(layer, compiled) if has_fast_form(layer) else NO_FORM
        for layer in layers
    )


class _Family(NamedTuple):
    """The forms of a class of layers.

    Attributes:
        supports: Whether the forms compute the same as a layer, given how it is configured.
        forms: The forms by name.
        default: Returns the name of the form of a layer that is used where nothing was measured,
            given whether XLA compiles the network.
    """

    supports: Callable[[keras.Layer], bool]
    forms: Mapping[str, Form]
    default: Callable[[keras.Layer, bool], str]


_CONVOLUTION = _Family(is_plain_convolution, CONVOLUTIONS, default_convolution)
_TRANSPOSED = _Family(is_plain_transposed, TRANSPOSED, default_transposed)

_FAMILIES = {
    keras.layers.Conv2D: _CONVOLUTION,
    keras.layers.Conv3D: _CONVOLUTION,
    keras.layers.Conv2DTranspose: _TRANSPOSED,
    keras.layers.Conv3DTranspose: _TRANSPOSED,
    keras.layers.ConvLSTM2D: _Family(is_plain_recurrence, RECURRENCES, default_recurrence),
}
