"""A network whose replicas, one on each device, share every batch and learn as one."""

from typing import Any

import keras
from keras import ops

from abnormal.models.fast import FastNetwork, Tensor, compute


class ReplicatedNetwork(FastNetwork):
    """Takes `(clips, weights)` as `SharedBatches` gives them.

    What a batch is normalised by is that of the whole batch, over all devices, without the clips
    that fill it up: batch normalisation computes what it computes on one device.
    """

    def __init__(self, stock: keras.Sequential, precision: str = "float32") -> None:
        """See `FastNetwork`; it has to be made where `abnormal.models.backend.replicated` holds."""
        # XLA would have to compile TensorFlow's exchange of gradients, which it cannot.
        compiled = None if keras.backend.backend() == "jax" else False
        super().__init__(stock, precision, compiled)

    def compile(self, *arguments: Any, **options: Any) -> None:
        """As Keras does, without XLA under TensorFlow."""
        jit = "auto" if keras.backend.backend() == "jax" else False
        super().compile(*arguments, **{"jit_compile": jit, **options})

    def call(self, inputs: tuple[Tensor, Tensor], training: bool | None = None) -> Tensor:
        """Computes the float32 outputs of the clips."""
        outputs, weights = inputs
        for layer in self.stock.layers:
            if training and isinstance(layer, keras.layers.BatchNormalization):
                outputs = _normalised(layer, outputs, weights)
            else:
                outputs = compute([layer], outputs, self._how, training)
        return outputs

    def settle_metrics(self) -> None:
        """Gives each of TensorFlow's replicas an equal part of the running loss.

        A checkpoint knows only their sum; so a run goes on from the same parts, whether it was
        stopped in between or not, and sums to the same bits.
        """
        if keras.backend.backend() == "tensorflow":
            for variable in self.metrics_variables:
                variable.assign(ops.convert_to_numpy(variable))


def _normalised(layer: keras.layers.BatchNormalization, inputs: Tensor, weights: Tensor) -> Tensor:
    """Batch normalisation over a filled batch, as Keras's layer does it over a whole one.

    Args:
        layer: With its channels last.
        inputs: `(batch, ..., channels)`.
        weights: `(batch,)`, their mean over all devices 1.
    """
    weights = ops.reshape(weights, (-1, *[1] * (len(inputs.shape) - 1)))
    mean = _mean(weights * inputs)
    variance = _mean(weights * ops.square(inputs - mean))
    kept = layer.momentum
    layer.moving_mean.assign(layer.moving_mean * kept + mean * (1 - kept))
    layer.moving_variance.assign(layer.moving_variance * kept + variance * (1 - kept))
    return ops.batch_normalization(
        inputs, mean, variance, -1, layer.beta, layer.gamma, layer.epsilon
    )


def _mean(values: Tensor) -> Tensor:
    """The mean of each channel over all devices, which JAX sees as one array anyhow."""
    axes = list(range(len(values.shape) - 1))
    apart = keras.backend.backend() == "tensorflow"
    return ops.moments(values, axes, synchronized=apart)[0]
