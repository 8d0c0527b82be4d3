"""The architectures by name, each with the default values of its training options.

No heavy module is imported here, not even dataclasses, because `--help` reads this table.
"""

from typing import NamedTuple


class Defaults(NamedTuple):
    """The default training options of an architecture.

    Attributes:
        clip_length: Number of frames of a clip.
        size: Height and width of a frame in pixels.
        epochs: Number of passes over the training footage.
        batch_size: Number of clips in a batch.
        learning_rate: Learning rate of the Adam optimizer.
        strides: Distances between the frames of a clip, in frames. Each stride adds clips.
        weight_decay: Weight of the penalty on the squared kernels.
        bottleneck: Number of units of the dense bottleneck layer; 0 if there is none.
    """

    clip_length: int
    size: int
    epochs: int
    batch_size: int
    learning_rate: float
    strides: tuple[int, ...]
    weight_decay: float = 0.0
    bottleneck: int = 0


SPATIOTEMPORAL = "spatiotemporal"
CAE = "cae"
STCAE = "stcae"
LSTM_STCAE = "lstm_stcae"

ARCHITECTURES = {
    SPATIOTEMPORAL: Defaults(
        clip_length=10,
        size=227,
        epochs=32,
        batch_size=4,
        learning_rate=1e-3,
        strides=(1, 2, 3),
    ),
    CAE: Defaults(
        clip_length=1,
        size=100,
        epochs=50,
        batch_size=32,
        learning_rate=1e-4,
        strides=(1,),
        weight_decay=1e-5,
        bottleneck=256,
    ),
    STCAE: Defaults(
        clip_length=10,
        size=227,
        epochs=50,
        batch_size=32,
        learning_rate=1e-4,
        strides=(1,),
        weight_decay=1e-5,
    ),
    LSTM_STCAE: Defaults(
        clip_length=10,
        size=227,
        epochs=50,
        batch_size=8,
        learning_rate=1e-4,
        strides=(1,),
        weight_decay=1e-5,
    ),
}

OWN_NETWORK = ARCHITECTURES[SPATIOTEMPORAL]
"""The defaults for a network of one's own."""


def is_file_and_function(arch: str) -> bool:
    """Returns whether the name of an architecture stands for a function in a file of one's own."""
    return ".py:" in arch
