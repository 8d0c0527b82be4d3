"""The fast form of a network: the same outputs and weights, computed by faster operations.

The stock Keras layers are stored, shown and checkpointed; `FastNetwork` only computes the same
outputs in forms that suit processors and compilers better:

- A `Conv3D` of depth 1 is computed as a 2-D convolution of single frames.
- A transposed convolution computes each square of its output as channels of one pixel, if these
  are few.
- A `ConvLSTM2D` convolves the inputs of all steps and gates at once.

`abnormal/models/forms/` has these forms and others, which are faster on some processors. All other
layers are called unchanged. docs/PERFORMANCE.md tells how much faster each form is.
"""

from collections.abc import Sequence
from typing import Any

import keras

from abnormal.models.forms.arithmetic import PRECISIONS, Arithmetic, Tensor
from abnormal.models.forms.table import apply_layers, check_forms, default_forms


class FastNetwork(keras.Model):
    """Computes the outputs of a stock network with the stock network's own variables.

    Training it trains the stock network. Both have the same weights in the same order.

    Args:
        stock: The network, from `(batch, ...)` float32 to `(batch, ...)` float32. It is not
            changed.
        precision: A key of `PRECISIONS`. Only convolutions are computed in 16 bits; states,
            activations, normalisation and stored values stay float32.
        compiled: Whether XLA compiles the network as a whole, which decides which forms are
            faster. None stands for Keras's own choice.

    Attributes:
        stock: The network whose outputs are computed.
        precision: The precision.
        uses_xla: Whether XLA compiles the network as a whole.
        forms: Name of the form of each layer of the stock network, or
            `NO_FORM`.
        example_shape: Shape of one input, without the batch.
    """

    def __init__(
        self, stock: keras.Sequential, precision: str = "float32", compiled: bool | None = None
    ) -> None:
        super().__init__(name=stock.name, dtype="float32")  # whatever the process has as its policy
        self.stock = stock
        self.precision = precision
        self.uses_xla = self.jit_compile if compiled is None else compiled
        self.forms = default_forms(stock.layers, self.uses_xla)
        self.example_shape = stock.input_shape[1:]

    @property
    def arithmetic(self) -> Arithmetic:
        """How convolutions are computed."""
        return Arithmetic(PRECISIONS[self.precision], self.uses_xla)

    def use_forms(self, forms: Sequence[str]) -> None:
        """Chooses the form of each layer, before the network computes anything.

        Raises:
            ValueError: A layer has no such form.
        """
        check_forms(self.stock.layers, forms)
        self.forms = tuple(forms)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Computes the outputs of the stock network.

        Args:
            inputs: `(batch, *example_shape)` float32.
            training: Whether layers run in training mode. None stands for Keras's own choice.

        Returns:
            The outputs of the stock network, float32.
        """
        return apply_layers(self.stock.layers, inputs, self.arithmetic, training, self.forms)

    # What a callback stores or looks at is the stock network, which Keras can read again.

    def save(self, *arguments: Any, **options: Any) -> None:
        """Saves the stock network."""
        self.stock.save(*arguments, **options)

    def save_weights(self, *arguments: Any, **options: Any) -> None:
        """Saves the weights of the stock network."""
        self.stock.save_weights(*arguments, **options)

    def load_weights(self, *arguments: Any, **options: Any) -> None:
        """Loads weights into the stock network."""
        self.stock.load_weights(*arguments, **options)

    def get_layer(self, *arguments: Any, **options: Any) -> keras.Layer:
        """Returns a layer of the stock network."""
        return self.stock.get_layer(*arguments, **options)

    def get_config(self) -> dict[str, Any]:
        """Returns the configuration of the stock network."""
        return dict(self.stock.get_config())


class PlainNetwork(keras.Model):
    """Computes the outputs of a network of one's own as they are, in the form that exporters take.

    Args:
        stock: The network, which is made of layers that are connected in any way.

    Attributes:
        stock: The network.
        example_shape: Shape of one input, without the batch.
    """

    def __init__(self, stock: keras.Model) -> None:
        super().__init__(name=stock.name, dtype="float32")  # the layers have their own policies
        self.stock = stock
        self.example_shape = stock.input_shape[1:]

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Computes the outputs of the network."""
        return self.stock(inputs, training=training)


def has_fast_form(network: keras.Model) -> bool:
    """Returns whether a network is a sequence of layers for inputs of one shape."""
    return type(network) is keras.Sequential and None not in network.input_shape[1:]


def fast_form(network: keras.Model) -> keras.Model:
    """Returns the form of a network that is computed and exported.

    It is the fast form of a sequence of layers, if there is one. A part of a network, or a network
    that is a class of its own, is returned as it is.
    """
    if has_fast_form(network):
        return FastNetwork(network)
    is_connected = type(network).__name__ in ("Sequential", "Functional")
    return PlainNetwork(network) if is_connected else network


def stock_of(network: keras.Model) -> keras.Model:
    """Returns the network that a fast form computes. One of another class is returned as it is."""
    return network.stock if isinstance(network, FastNetwork) else network
