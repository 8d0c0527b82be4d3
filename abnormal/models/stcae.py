"""The spatio-temporal stacked autoencoder: the frames of a clip are the channels of one picture.

Hasan et al., "Learning temporal regularity in video sequences", CVPR 2016 (arXiv:1604.04574), in
the form of the second of the three networks that are compared on UCSD Ped1. For ten frames of
227x227:

    input        10 x 227 x 227 x   1
    stack             227 x 227 x  10
    conv1              54 x  54 x 512   15x15, stride 4
    pool1              27 x  27 x 512    maximum of 2x2
    conv2              24 x  24 x 256    4x4
    pool2              12 x  12 x 256    maximum of 2x2
    conv3              10 x  10 x 128    3x3
    deconv1            12 x  12 x 256    3x3
    up1                24 x  24 x 256    each value repeated 2x2 times
    deconv2            27 x  27 x 512    4x4
    up2                54 x  54 x 512    each value repeated 2x2 times
    deconv3           227 x 227 x  10   15x15, stride 4
    output       10 x 227 x 227 x   1

Each of these layers except the last is followed by a batch normalisation with the constants of the
original implementation, which are the defaults of its library, not of Keras.
"""

import keras

from abnormal.models.defaults import STCAE
from abnormal.models.sizes import require_size

MOMENTUM = 0.9
EPSILON = 1e-5


def can_reproduce(size: int) -> bool:
    """Returns whether the output of the network has the same size as its input.

    Args:
        size: Height and width of a frame in pixels.
    """
    return (size - 3) % 16 == 0 and size >= 83


def build(clip_length: int, size: int) -> keras.Sequential:
    """Builds the untrained network.

    Args:
        clip_length: Number of frames of a clip.
        size: Height and width of a frame in pixels: 16 k + 3, at least 83.

    Returns:
        A model with inputs and outputs `(batch, clip_length, size, size, 1)` float32 in [0, 1].

    Raises:
        AbnormalError: The strided layers cannot reproduce this size.
    """
    require_size(STCAE, size, can_reproduce)
    layers = keras.layers
    # Moving the frames to the end and only then dropping the last axis keeps each frame whole;
    # a reshape alone would mix the pixels of different frames.
    stack = [
        keras.Input((clip_length, size, size, 1), name="clip"),
        layers.Permute((2, 3, 1, 4), name="frames_last"),
        layers.Reshape((size, size, clip_length), name="stack"),
    ]
    inside = [
        layers.Conv2D(512, 15, 4, activation="relu", name="conv1"),
        layers.MaxPooling2D(2, name="pool1"),
        layers.Conv2D(256, 4, activation="relu", name="conv2"),
        layers.MaxPooling2D(2, name="pool2"),
        layers.Conv2D(128, 3, activation="relu", name="conv3"),
        layers.Conv2DTranspose(256, 3, activation="relu", name="deconv1"),
        layers.UpSampling2D(2, name="up1"),
        layers.Conv2DTranspose(512, 4, activation="relu", name="deconv2"),
        layers.UpSampling2D(2, name="up2"),
    ]
    unstack = [
        layers.Conv2DTranspose(clip_length, 15, 4, activation="sigmoid", name="deconv3"),
        layers.Reshape((size, size, clip_length, 1), name="unstack"),
        layers.Permute((3, 1, 2, 4), name="frames_first"),
    ]
    normalised = [
        layer
        for inner in inside
        for layer in (
            inner,
            layers.BatchNormalization(
                momentum=MOMENTUM, epsilon=EPSILON, name=f"{inner.name}_norm"
            ),
        )
    ]
    return keras.Sequential([*stack, *normalised, *unstack], name=STCAE)
