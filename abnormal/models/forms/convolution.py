"""Convolutions of single frames, computed in two dimensions."""

import keras
from keras import ops

from abnormal.models.forms.arithmetic import (
    Arithmetic,
    Tensor,
    activate,
    kernel_2d,
    per_picture,
    product,
    sees_single_frames,
)


def convolution(layer: keras.Layer, inputs: Tensor, arithmetic: Arithmetic) -> Tensor:
    """Computes a `Conv2D`, or a `Conv3D` whose kernel sees one frame at a time."""

    def convolve(pictures: Tensor) -> Tensor:
        return activate(
            layer,
            product(
                ops.conv,
                pictures,
                kernel_2d(layer),
                arithmetic,
                strides=layer.strides[-1],
                padding=layer.padding,
                dilation_rate=layer.dilation_rate[-2:],
            ),
        )

    return per_picture(convolve, inputs)


def is_plain_convolution(layer: keras.Layer) -> bool:
    """Returns whether a layer convolves single frames, alike in both directions."""
    # Unlike for 3-D convolutions, TensorFlow has no gradient for 2-D ones with different strides.
    square = layer.strides[-2] == layer.strides[-1]
    return square and layer.groups == 1 and sees_single_frames(layer)
