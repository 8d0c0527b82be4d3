"""A network with a replica on each device. The replicas share every batch and stay identical."""

from typing import Any

import keras
from keras import ops

from abnormal.models.fast import FastNetwork
from abnormal.models.forms.arithmetic import Tensor
from abnormal.models.forms.table import apply_layers


class ReplicatedNetwork(FastNetwork):
    """The fast form of a network, for the batches of `SharedBatches`.

    Batch normalisation gives the same results as on a single device: mean and variance are computed
    over the whole batch on all devices, without the padding clips.

    Args:
        stock: The network, made within `abnormal.models.backend.replica_scope`.
        precision: See `FastNetwork`.
    """

    def __init__(self, stock: keras.Sequential, precision: str = "float32") -> None:
        # XLA cannot compile how TensorFlow exchanges gradients between replicas.
        compiled = None if keras.backend.backend() == "jax" else False
        super().__init__(stock, precision, compiled)

    def compile(self, *arguments: Any, **options: Any) -> None:
        """Compiles the network like `keras.Model.compile`, but without XLA under TensorFlow."""
        jit = "auto" if keras.backend.backend() == "jax" else False
        super().compile(*arguments, **{"jit_compile": jit, **options})

    def call(self, inputs: tuple[Tensor, Tensor], training: bool | None = None) -> Tensor:
        """Computes the outputs for a batch.

        Args:
            inputs: Clips `(batch, T, height, width, 1)` float32 in [0, 1], and their weights
                `(batch,)` float32, which are 0 for padding.
            training: Whether the network is being trained; None to use the default of Keras.

        Returns:
            The outputs of the network, of the same shape as the clips, float32.
        """
        outputs, weights = inputs
        for layer, form in zip(self.stock.layers, self.forms, strict=True):
            if training and isinstance(layer, keras.layers.BatchNormalization):
                outputs = _normalised(layer, outputs, weights)
            else:
                outputs = apply_layers([layer], outputs, self.arithmetic, training, [form])
        return outputs

    def spread_metrics(self) -> None:
        """Distributes the running loss equally among the replicas of TensorFlow.

        A checkpoint stores only the sum over the replicas. As they have equal parts after every
        batch, a resumed run computes the same loss, bit for bit, as one that was never stopped.
        """
        if keras.backend.backend() == "tensorflow":
            for variable in self.metrics_variables:
                variable.assign(ops.convert_to_numpy(variable))


def _normalised(layer: keras.layers.BatchNormalization, inputs: Tensor, weights: Tensor) -> Tensor:
    """Normalises a padded batch as the layer of Keras would normalise it without the padding.

    The moving mean and variance of the layer are updated, too.

    Args:
        layer: A layer whose last axis is the channels.
        inputs: `(batch, ..., channels)` float32.
        weights: `(batch,)` float32, at least 0, with a mean of 1 over all devices.

    Returns:
        The normalised values, of the same shape and dtype as `inputs`.
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
    """Returns the mean of each channel over all devices, `(channels,)`.

    Args:
        values: `(batch, ..., channels)` float32. Under TensorFlow these are the values of this
            replica; under JAX a single array spans all devices.
    """
    axes = list(range(len(values.shape) - 1))
    apart = keras.backend.backend() == "tensorflow"
    return ops.moments(values, axes, synchronized=apart)[0]
