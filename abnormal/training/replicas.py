"""A network with a replica on each device; the replicas share every batch and learn as one."""

from typing import Any

import keras
from keras import ops

from abnormal.models.fast import FastNetwork, Tensor, apply_layers


class ReplicatedNetwork(FastNetwork):
    """The fast form of a network, for batches as `SharedBatches` gives them.

    Batch normalisation computes what it computes on one device: mean and variance are those of the
    whole batch, over all devices, without the clips that fill it up.
    """

    def __init__(self, stock: keras.Sequential, precision: str = "float32") -> None:
        """Takes a network as `FastNetwork` does, within `abnormal.models.backend.replica_scope`."""
        # XLA would have to compile TensorFlow's exchange of gradients, which it cannot.
        compiled = None if keras.backend.backend() == "jax" else False
        super().__init__(stock, precision, compiled)

    def compile(self, *arguments: Any, **options: Any) -> None:
        """As Keras does, without XLA under TensorFlow."""
        jit = "auto" if keras.backend.backend() == "jax" else False
        super().compile(*arguments, **{"jit_compile": jit, **options})

    def call(self, inputs: tuple[Tensor, Tensor], training: bool | None = None) -> Tensor:
        """Computes the outputs for a batch.

        Args:
            inputs: Clips `(batch, T, height, width, 1)` float32 in [0, 1], and a weight for each,
                `(batch,)` float32: 0 for a clip that only fills up the batch.
            training: Whether the network is trained, or None for what Keras says.

        Returns:
            The outputs of the network, of the clips' shape, float32.
        """
        outputs, weights = inputs
        for layer in self.stock.layers:
            if training and isinstance(layer, keras.layers.BatchNormalization):
                outputs = _normalised(layer, outputs, weights)
            else:
                outputs = apply_layers([layer], outputs, self._arithmetic, training)
        return outputs

    def spread_metrics(self) -> None:
        """Gives each of TensorFlow's replicas an equal part of the running loss.

        A checkpoint stores only the sum of the parts. With equal parts after every batch, a run
        that was stopped and resumed sums to the same bits as one that was not.
        """
        if keras.backend.backend() == "tensorflow":
            for variable in self.metrics_variables:
                variable.assign(ops.convert_to_numpy(variable))


def _normalised(layer: keras.layers.BatchNormalization, inputs: Tensor, weights: Tensor) -> Tensor:
    """Normalises a batch that is filled up, as Keras's layer would without the clips that fill it.

    Args:
        layer: A layer whose channels are the last axis.
        inputs: `(batch, ..., channels)` float32.
        weights: `(batch,)` float32, at least 0; their mean over all devices is 1.

    Returns:
        The normalised values, of the shape and dtype of `inputs`.
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
        values: `(batch, ..., channels)` float32: of this replica under TensorFlow; under JAX one
            array spans all devices anyhow.
    """
    axes = list(range(len(values.shape) - 1))
    apart = keras.backend.backend() == "tensorflow"
    return ops.moments(values, axes, synchronized=apart)[0]
