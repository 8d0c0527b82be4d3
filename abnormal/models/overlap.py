"""A network in two parts, for clips that overlap: what depends on a frame alone, and the rest.

Of clips that share most of their frames, the encoder sees each frame once. What its output gives to
the gates of the first recurrent layer does not depend on the clip either. Of the reconstruction,
only the last frames are computed, which no clip before showed.
"""

from typing import NamedTuple

import keras
from keras import ops

from abnormal.models.fast import How, Tensor, compute, input_gates, is_fast, recur

_HOW = How("float32", compiled=False)


class Parts(NamedTuple):
    """The two parts of a network.

    Attributes:
        encoder: From frames `(n, height, width, 1)` float32 in [0, 1] to features `(n, ...)`.
        decoder: From the features of clips `(n, T, ...)` to their last frames as they are
            reconstructed, `(n, shown, height, width, 1)` float32 in [0, 1].
    """

    encoder: keras.Model
    decoder: keras.Model


def in_parts(stock: keras.Sequential, shown: int) -> Parts | None:
    """Parts a network that encodes, recurs and decodes; both parts share its weights.

    Args:
        stock: The network.
        shown: How many frames of each clip are reconstructed, the last ones.

    Returns:
        None for a network that takes a clip as a whole, in which there is nothing to share.
    """
    layers = stock.layers
    recurrent = [n for n, layer in enumerate(layers) if isinstance(layer, keras.layers.ConvLSTM2D)]
    if not recurrent or not all(map(is_fast, layers)):
        return None
    first, last = recurrent[0], recurrent[-1]
    _, _, *place, filters = layers[first].output.shape
    decoder = _Decoder(stock, first, last, shown, (*place, 4 * filters))
    return Parts(_Encoder(stock, first), decoder)


class _Encoder(keras.Model):
    """What comes before anything recurs.

    Attributes:
        example_shape: Of one input.
    """

    def __init__(self, stock: keras.Sequential, first: int) -> None:
        super().__init__(name=f"{stock.name}_encoder")
        self.stock = stock
        self._first = first
        self.example_shape = stock.input_shape[2:]

    def call(self, inputs: Tensor) -> Tensor:
        *before, recurrent = self.stock.layers[: self._first + 1]
        encoded = compute(before, ops.expand_dims(inputs, 1), _HOW)
        return ops.squeeze(input_gates(recurrent, encoded, _HOW), 1)


class _Decoder(keras.Model):
    """What recurs, and what comes after.

    Attributes:
        example_shape: Of one input.
    """

    def __init__(
        self, stock: keras.Sequential, first: int, last: int, shown: int, features: tuple[int, ...]
    ) -> None:
        super().__init__(name=f"{stock.name}_decoder_{shown}")
        self.stock = stock
        self._first, self._last, self._shown = first, last, shown
        self.example_shape = (stock.input_shape[1], *features)

    def call(self, inputs: Tensor) -> Tensor:
        layers = self.stock.layers
        states = recur(layers[self._first], inputs, _HOW)
        states = compute(layers[self._first + 1 : self._last + 1], states, _HOW)
        return compute(layers[self._last + 1 :], states[:, -self._shown :], _HOW)
