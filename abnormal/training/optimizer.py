"""Adam with a penalty on the squares of the kernels."""

import re
from typing import Any

import keras

from abnormal.training.options import TrainingOptions

KERNELS = {"kernel", "recurrent_kernel"}
"""The names of the variables that are penalised."""


def make_optimizer(options: TrainingOptions) -> keras.optimizers.Optimizer:
    """Makes the optimizer of a run.

    In float16 most gradients would be too small to be told from 0, so the loss is scaled up for
    them, as far as none becomes infinite (Micikevicius et al., 2018, arXiv:1710.03740).
    """
    adam = PenalisedAdam(options.learning_rate, penalty=options.weight_decay)
    if options.precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(adam)
    return adam


class PenalisedAdam(keras.optimizers.Adam):
    """Adam on the loss plus `penalty` times the sum of the squares of all kernels.

    The penalty is in the gradients alone, so the loss that is shown, stored and compared is that
    of the reconstruction. Adam's own `weight_decay` is something else: it shrinks the kernels by
    a share of the learning rate, 1e-9 of them at 1e-4 and 1e-5, which does nothing.

    MXNet's `wd`, which the comparison of three autoencoders uses, adds `wd * kernel` to the
    gradient of half the squared error. That is half of what the same figure does here to the
    gradient of the squared error, and Adam does not see the factor.
    """

    def __init__(self, learning_rate: float, penalty: float) -> None:
        super().__init__(learning_rate)
        self._penalty = penalty

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Takes one step with a variable; biases and normalisations are not penalised."""
        # TensorFlow's own variables have the whole path for a name, and numbers behind it.
        names = re.split("[/:]", variable.name)
        if self._penalty and not KERNELS.isdisjoint(names):
            gradient = gradient + 2 * self._penalty * keras.ops.cast(variable, gradient.dtype)
        super().update_step(gradient, variable, learning_rate)
