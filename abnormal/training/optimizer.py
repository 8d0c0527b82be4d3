"""Adam with an L2 penalty on the kernels."""

import re
from typing import Any

import keras

from abnormal.training.options import TrainingOptions

KERNELS = {"kernel", "recurrent_kernel"}
"""Names of the variables that are penalised."""


def make_optimizer(options: TrainingOptions) -> keras.optimizers.Optimizer:
    """Returns the optimizer of a run.

    In float16, most gradients would be rounded to 0. The loss is therefore scaled up as far as no
    gradient becomes infinite (Micikevicius et al., 2018, arXiv:1710.03740).
    """
    adam = PenalisedAdam(options.learning_rate, penalty=options.weight_decay)
    if options.precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(adam)
    return adam


class PenalisedAdam(keras.optimizers.Adam):
    """Adam on the loss plus `penalty` times the sum of the squares of all kernels.

    The penalty is added to the gradients only, so the loss that is shown, stored and compared is
    the reconstruction loss. Adam's own `weight_decay` is something else: it shrinks the kernels by
    `learning_rate * weight_decay` in each step, which is only 1e-9 for 1e-4 and 1e-5.

    MXNet's `wd`, which the comparison of three autoencoders uses, adds `wd * kernel` to the
    gradient of half the squared error. Here the same value adds `2 * wd * kernel` to the gradient
    of the whole squared error. The sums differ only by a factor of 2, which Adam ignores.

    Args:
        learning_rate: The learning rate of Adam.
        penalty: Weight of the penalty; 0 for none.
    """

    def __init__(self, learning_rate: float, penalty: float) -> None:
        super().__init__(learning_rate)
        self._penalty = penalty

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates a variable by one step. Biases and batch normalisation are not penalised."""
        # TensorFlow's own variables are named by their whole path, with a number at the end.
        names = re.split("[/:]", variable.name)
        if self._penalty and not KERNELS.isdisjoint(names):
            gradient = gradient + 2 * self._penalty * keras.ops.cast(variable, gradient.dtype)
        super().update_step(gradient, variable, learning_rate)
