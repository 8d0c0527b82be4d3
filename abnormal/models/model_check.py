"""Checks what a model file says about its model, before anything is made from it."""

from collections.abc import Iterator, Mapping
from typing import Any

import h5py
import numpy as np

from abnormal import checks

# Keras creates any class that a file names, with arguments from the file. These are safe: they run
# no code from the file, and open no other file. Not so are Lambda, TFSMLayer, JaxLayer and others
# that wrap code, and the layers that look up words.
KNOWN_CLASSES = {
    *("Sequential", "Functional", "InputLayer", "__keras_tensor__", "DTypePolicy"),
    *("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    *("SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"),
    *("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Dense", "EinsumDense", "Embedding"),
    *("RNN", "SimpleRNN", "SimpleRNNCell", "GRU", "GRUCell", "LSTM", "LSTMCell"),
    *("StackedRNNCells", "Bidirectional", "TimeDistributed", "RepeatVector", "Masking"),
    *("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupedQueryAttention"),
    *("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"),
    *("UnitNormalization", "SpectralNormalization"),
    *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax"),
    *("Dropout", "AlphaDropout", "GaussianNoise", "GaussianDropout", "ActivityRegularization"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"),
    *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"),
    *("UpSampling1D", "UpSampling2D", "UpSampling3D", "Rescaling", "Resizing", "CenterCrop"),
    *("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D", "Cropping2D", "Cropping3D"),
    *("Flatten", "Permute", "Reshape", "Identity", "Dot", "Concatenate"),
    *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"),
    *("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal"),
    *("Ones", "Zeros", "Constant", "Orthogonal", "RandomNormal", "RandomUniform"),
    *("TruncatedNormal", "VarianceScaling", "L1", "L2", "L1L2", "OrthogonalRegularizer"),
    *("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"),
}

NETWORK_CLASSES = ("Sequential", "Functional")
"""The classes of networks that are made of layers alone."""

MOST_CLIP_LENGTH, MOST_SIZE, MOST_FPS = 1000, 10_000, 100_000.0
"""Largest clip length in frames, size in pixels, and frames per second of a model."""

MOST_ACTIVATIONS = 1 << 31
"""Largest number of values that a layer may compute for one clip."""

MOST_LOSS = 1e30
"""Largest value in the history of a model's training."""

Shape = tuple[int, ...]


def check_info(stored: Any) -> Mapping[str, Any]:
    """Checks the facts about a model, all but its calibration.

    Args:
        stored: The fields of `ModelInfo` as JSON stores them.

    Raises:
        ValueError: A value has another type or is out of its range.
    """
    checks.mapping("the info", stored)
    for name in ("arch", "clip_length", "size", "fps"):
        if name not in stored:
            raise ValueError(f"{name} is missing")
    for name in ("arch", "normalisation", "loss", "data_fingerprint"):
        checks.text(name, stored.get(name, ""))
    checks.whole("clip_length", stored["clip_length"], 1, MOST_CLIP_LENGTH)
    checks.whole("size", stored["size"], 1, MOST_SIZE)
    checks.number("fps", stored["fps"], 1e-6, MOST_FPS)
    checks.whole("seed", stored.get("seed", 0), 0, (1 << 64) - 1)
    for camera in checks.sequence("cameras", stored.get("cameras", ())):
        checks.text("a camera's name", camera)
    for package, version in checks.mapping("versions", stored.get("versions", {})).items():
        checks.text(f"the version of {package}", version)
    for entry in checks.sequence("history", stored.get("history", ())):
        for name, value in checks.mapping("an entry of history", entry).items():
            checks.number(f"{name} in history", value, -MOST_LOSS, MOST_LOSS)
    for need, file in checks.mapping("needs", stored.get("needs", {})).items():
        checks.text("what it needs", need)
        checks.text(f"the file of {need}", file)
    checks.mapping("calibration", stored.get("calibration", {}))
    return stored


def unknown_classes(config: Any) -> Iterator[str]:
    """Yields the names in a Keras configuration of unknown classes and of modules outside Keras."""
    if isinstance(config, dict):
        if "class_name" in config and str(config["class_name"]) not in KNOWN_CLASSES:
            yield str(config["class_name"])
        if str(config.get("module") or "keras").split(".")[0] != "keras":
            yield str(config["module"])
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from unknown_classes(value)


def layer_classes(config: Any) -> list[str]:
    """Returns the names of the classes of a network's layers; its own if it is a class of its own.

    Args:
        config: The configuration of the network.

    Raises:
        ValueError: It is not that of a network.
    """
    kind = checks.text("the class of its network", config["class_name"])
    if kind not in NETWORK_CLASSES:
        return [kind]
    layers = checks.sequence("its layers", config["config"]["layers"])
    return [checks.text("the class of a layer", layer["class_name"]) for layer in layers]


def clips_of(config: Any) -> tuple[int, int]:
    """Returns the clip length and the size of a frame that a network is made for.

    Raises:
        ValueError: It is not made for clips of square grey frames of one size.
    """
    for shape in _input_shapes(config):
        if len(shape) == 5 and shape[2] == shape[3] and shape[4] == 1:
            length = checks.whole("its clip length", shape[1], 1, MOST_CLIP_LENGTH)
            return length, checks.whole("its size", shape[2], 1, MOST_SIZE)
    raise ValueError("it is a network of Keras, but not one for clips (frames, size, size, 1)")


def _input_shapes(config: Any) -> Iterator[list[Any]]:
    if isinstance(config, dict):
        if isinstance(config.get("batch_shape"), list):
            yield config["batch_shape"]
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _input_shapes(value)


def shapes_of_weights(weights: h5py.Group) -> list[Shape]:
    """Returns the shapes of the weights that are stored for a network.

    Args:
        weights: The weights as Keras stores them.

    Raises:
        ValueError: A weight is not finite, or no number.
    """
    stored: list[Shape] = []
    weights.visititems(lambda name, item: stored.extend(_shape_of_weight(name, item)))
    return stored


def _shape_of_weight(name: str, item: h5py.Group | h5py.Dataset) -> Iterator[Shape]:
    if isinstance(item, h5py.Dataset):
        if item.dtype.kind not in "fiub":
            raise ValueError(f"the weights {name} are no numbers of HDF5, as bfloat16 is none")
        if not np.isfinite(item[()]).all():
            raise ValueError(f"the weights {name} are not all finite numbers")
        yield tuple(item.shape)
