"""The convolutional autoencoder of single frames, with a dense bottleneck.

The first of the three networks that are compared on UCSD Ped1. For a frame of 100x100:

    input        1 x 100 x 100 x  1
    conv1            96 x  96 x 32    5x5
    pool1            48 x  48 x 32    maximum of 2x2
    conv2            44 x  44 x 32    5x5
    pool2            22 x  22 x 32    maximum of 2x2
    bottleneck             256        dense, 2000 in the original implementation
    dense                15488        dense, reshaped to 22 x 22 x 32
    up1              44 x  44 x 32    each value repeated 2x2 times
    deconv1          48 x  48 x 32    5x5
    up2              96 x  96 x 32    each value repeated 2x2 times
    deconv2      1 x 100 x 100 x  1   5x5

Without the bottleneck, the network reconstructs abnormal frames as well as normal ones.
"""

import keras

from abnormal.errors import AbnormalError
from abnormal.models.defaults import ARCHITECTURES, CAE
from abnormal.models.sizes import require_size

FILTERS = 32
"""Number of filters of each convolution but the last."""


def can_reproduce(size: int) -> bool:
    """Returns whether the output of the network has the same size as its input.

    Args:
        size: Height and width of a frame in pixels.
    """
    return size % 4 == 0 and size >= 16


def build(
    clip_length: int, size: int, bottleneck: int = ARCHITECTURES[CAE].bottleneck
) -> keras.Sequential:
    """Builds the untrained network.

    Args:
        clip_length: Number of frames of a clip, which has to be 1.
        size: Height and width of a frame in pixels: a multiple of 4 that is at least 16.
        bottleneck: Number of units of the dense layer in the middle.

    Returns:
        A model with inputs and outputs `(batch, 1, size, size, 1)` float32 in [0, 1].

    Raises:
        AbnormalError: The clip length is not 1, or the network cannot reproduce this size.
    """
    if clip_length != 1:
        raise AbnormalError(
            f"The {CAE} network sees single frames, but --clip-length {clip_length} is given. "
            "Leave the option out, or choose another --arch."
        )
    require_size(CAE, size, can_reproduce)
    layers = keras.layers
    inner = ((size - 4) // 2 - 4) // 2
    return keras.Sequential(
        [
            keras.Input((1, size, size, 1), name="clip"),
            layers.Reshape((size, size, 1), name="frame"),
            layers.Conv2D(FILTERS, 5, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(FILTERS, 5, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(name="flat"),
            layers.Dense(bottleneck, name="bottleneck"),
            layers.Dense(inner * inner * FILTERS, activation="relu", name="dense"),
            layers.Reshape((inner, inner, FILTERS), name="picture"),
            layers.UpSampling2D(2, name="up1"),
            layers.Conv2DTranspose(FILTERS, 5, activation="relu", name="deconv1"),
            layers.UpSampling2D(2, name="up2"),
            layers.Conv2DTranspose(1, 5, activation="sigmoid", name="deconv2"),
            layers.Reshape((1, size, size, 1), name="output"),
        ],
        name=CAE,
    )
