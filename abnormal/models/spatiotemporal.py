"""The spatiotemporal autoencoder.

Chong and Tay, "Abnormal event detection in videos using spatiotemporal autoencoder", ISNN 2017
(arXiv:1701.01546), figures 1 and 2, for a frame of 227x227:

    input            T x 227 x 227 x   1
    conv1            T x  55 x  55 x 128    11x11, stride 4    spatial encoder, frame by frame
    conv2            T x  26 x  26 x  64     5x5,  stride 2
    convlstm1        T x  26 x  26 x  64     3x3               temporal encoder-decoder
    convlstm2        T x  26 x  26 x  32     3x3
    convlstm3        T x  26 x  26 x  64     3x3
    deconv1          T x  55 x  55 x 128     5x5,  stride 2    spatial decoder
    deconv2          T x 227 x 227 x   1    11x11, stride 4

The convolutions are not padded. Axis 1 is time: if a recurrent layer were given
(height, width, time, channels), it would take the rows of a picture for its time steps.
"""

import keras

from abnormal.models.defaults import SPATIOTEMPORAL
from abnormal.models.sizes import require_size


def can_reproduce(size: int) -> bool:
    """Returns whether the output of the network has the same size as its input.

    Args:
        size: Height and width of a frame in pixels.
    """
    inner = (size - 11) // 4 + 1
    return (size - 11) % 4 == 0 and (inner - 5) % 2 == 0 and inner >= 5 + 2


def build(
    clip_length: int,
    size: int,
    name: str = SPATIOTEMPORAL,
    recurrent_initializer: str = "orthogonal",
) -> keras.Sequential:
    """Builds the untrained network.

    Args:
        clip_length: Number of frames of a clip.
        size: Height and width of a frame in pixels: 8 k + 3, at least 35.
        name: Name of the network.
        recurrent_initializer: Keras's name of the initialiser of the recurrent kernels.

    Returns:
        A model with inputs and outputs `(batch, clip_length, size, size, 1)` float32 in [0, 1].

    Raises:
        AbnormalError: The strided layers cannot reproduce this size.
    """
    require_size(name, size, can_reproduce)
    layers = keras.layers

    def convlstm(filters: int, number: int) -> keras.Layer:
        return layers.ConvLSTM2D(
            filters,
            3,
            padding="same",
            return_sequences=True,
            recurrent_initializer=recurrent_initializer,
            name=f"convlstm{number}",
        )

    return keras.Sequential(
        [
            keras.Input((clip_length, size, size, 1), name="clip"),
            layers.Conv3D(128, (1, 11, 11), (1, 4, 4), activation="relu", name="conv1"),
            layers.Conv3D(64, (1, 5, 5), (1, 2, 2), activation="relu", name="conv2"),
            convlstm(64, 1),
            convlstm(32, 2),
            convlstm(64, 3),
            layers.Conv3DTranspose(128, (1, 5, 5), (1, 2, 2), activation="relu", name="deconv1"),
            layers.Conv3DTranspose(1, (1, 11, 11), (1, 4, 4), activation="sigmoid", name="deconv2"),
        ],
        name=name,
    )
