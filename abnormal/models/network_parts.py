"""Splits a network in two, so that overlapping clips do not compute the same thing twice.

The first part depends on single frames only: the encoder, and what it contributes to the gates of
the first recurrent layer. It sees each frame once, even if many clips share the frame. The second
part reconstructs only the last frames of each clip, which no earlier clip has shown.
"""

from typing import NamedTuple

import keras
from keras import ops

from abnormal.errors import AbnormalError
from abnormal.models.forms.arithmetic import Arithmetic, Tensor
from abnormal.models.forms.recurrence import gate_inputs, recurrent_states
from abnormal.models.forms.table import apply_layers, has_fast_form

_FLOAT32 = Arithmetic("float32", compiled=False)


class NetworkParts(NamedTuple):
    """The two parts of a network.

    Attributes:
        encoder: Maps frames `(n, height, width, 1)` float32 in [0, 1] to features `(n, ...)`
            float32.
        decoder: Maps the features of clips `(n, T, ...)` float32 to reconstructions of their last
            frames, `(n, tail_frames, height, width, 1)` float32 in [0, 1].
    """

    encoder: keras.Model
    decoder: keras.Model


def split_network(stock: keras.Sequential, tail_frames: int) -> NetworkParts:
    """Splits a network that consists of an encoder, recurrent layers and a decoder.

    Args:
        stock: The network. The parts share its weights.
        tail_frames: Number of frames at the end of each clip that are reconstructed.

    Raises:
        AbnormalError: It does not consist of these. No network of this program with recurrent
            layers is refused.
    """
    layers = stock.layers
    recurrent = [n for n, layer in enumerate(layers) if isinstance(layer, keras.layers.ConvLSTM2D)]
    if not recurrent or not all(map(has_fast_form, layers)):
        raise AbnormalError("This network cannot be split, as --hop would do. Leave it out.")
    first, last = recurrent[0], recurrent[-1]
    _, _, *picture, filters = layers[first].output.shape
    decoder = _Decoder(stock, first, last, tail_frames, (*picture, 4 * filters))
    return NetworkParts(_Encoder(stock, first), decoder)


class _Encoder(keras.Model):
    """The layers before the first recurrent layer, and its gate inputs.

    Attributes:
        stock: The whole network.
        example_shape: Shape of one input, without the batch.
    """

    def __init__(self, stock: keras.Sequential, first: int) -> None:
        super().__init__(name=f"{stock.name}_encoder", dtype="float32")
        self.stock = stock
        self._first = first
        self.example_shape = stock.input_shape[2:]

    def call(self, inputs: Tensor) -> Tensor:
        *before, recurrent = self.stock.layers[: self._first + 1]
        encoded = apply_layers(before, ops.expand_dims(inputs, 1), _FLOAT32)
        return ops.squeeze(gate_inputs(recurrent, encoded, _FLOAT32), 1)


class _Decoder(keras.Model):
    """The recurrent layers, and the layers after them.

    Attributes:
        stock: The whole network.
        example_shape: Shape of one input, without the batch.
    """

    def __init__(
        self,
        stock: keras.Sequential,
        first: int,
        last: int,
        tail_frames: int,
        features: tuple[int, ...],
    ) -> None:
        super().__init__(name=f"{stock.name}_decoder_{tail_frames}", dtype="float32")
        self.stock = stock
        self._first, self._last, self._tail_frames = first, last, tail_frames
        self.example_shape = (stock.input_shape[1], *features)

    def call(self, inputs: Tensor) -> Tensor:
        layers = self.stock.layers
        states = recurrent_states(layers[self._first], inputs, _FLOAT32)
        states = apply_layers(layers[self._first + 1 : self._last + 1], states, _FLOAT32)
        return apply_layers(layers[self._last + 1 :], states[:, -self._tail_frames :], _FLOAT32)
