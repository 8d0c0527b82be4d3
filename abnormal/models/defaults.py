"""The architectures by name, with what each is trained with unless options say otherwise.

Nothing heavy is imported here, not even dataclasses: the programs' `--help` reads it.
"""

from typing import NamedTuple


class Defaults(NamedTuple):
    """How an architecture is trained.

    Attributes:
        clip_length: Frames of a clip.
        size: Height and width of its frames, in pixels.
        epochs: How often the footage is gone through.
        batch_size: Clips of a batch.
        learning_rate: Of Adam.
        strides: Steps between the frames of a clip, each giving clips of its own.
        weight_decay: Weight of the penalty on the squares of its kernels.
        bottleneck: Units of its dense layer; 0 where it has none.
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
