"""Which layers have a fast form."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras

from abnormal.models.forms.arithmetic import Arithmetic, Tensor
from abnormal.models.forms.convolution import convolution, is_plain_convolution
from abnormal.models.forms.recurrence import is_plain_recurrence, recurrence
from abnormal.models.forms.transposed import is_plain_transposed, transposed_convolution


def apply_layers(
    layers: Sequence[keras.Layer],
    inputs: Tensor,
    arithmetic: Arithmetic,
    training: bool | None = None,
) -> Tensor:
    """Applies layers of a stock network one after the other, in their fast forms if they have one.

    Args:
        layers: The layers.
        inputs: The inputs of the first layer, `(batch, ...)` float32.
        arithmetic: How convolutions are computed.
        training: Whether the layers run in training mode. None stands for Keras's own choice.

    Returns:
        The outputs of the last layer, float32.
    """
    outputs = inputs
    for layer in layers:
        if has_fast_form(layer):
            outputs = FAST_FORMS[type(layer)].apply(layer, outputs, arithmetic)
        else:
            # Passed on explicitly: under JAX's differentiation, Keras does not set the training
            # mode of nested layers.
            outputs = layer(outputs, training=training)
    return outputs


def has_fast_form(layer: keras.Layer) -> bool:
    """Returns whether a layer, configured as it is, has a fast form."""
    form = FAST_FORMS.get(type(layer))
    return form is not None and layer.activity_regularizer is None and form.supports(layer)


class _Form(NamedTuple):
    """The fast form of a layer class.

    Attributes:
        supports: Whether the form computes the same as a layer, given how it is configured.
        apply: Computes the outputs of a layer.
    """

    supports: Callable[[keras.Layer], bool]
    apply: Callable[[keras.Layer, Tensor, Arithmetic], Tensor]


FAST_FORMS = {
    keras.layers.Conv2D: _Form(is_plain_convolution, convolution),
    keras.layers.Conv3D: _Form(is_plain_convolution, convolution),
    keras.layers.Conv2DTranspose: _Form(is_plain_transposed, transposed_convolution),
    keras.layers.Conv3DTranspose: _Form(is_plain_transposed, transposed_convolution),
    keras.layers.ConvLSTM2D: _Form(is_plain_recurrence, recurrence),
}
