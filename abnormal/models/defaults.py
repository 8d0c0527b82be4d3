"""The architectures by name, with what each is trained with unless options say otherwise.

Nothing heavy is imported here: the programs' `--help` reads it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defaults:
    """How an architecture is trained.

    Attributes:
        clip_length: Frames of a clip.
        size: Height and width of its frames, in pixels.
        epochs: How often the footage is gone through.
        batch_size: Clips of a batch.
        learning_rate: Of Adam.
        strides: Steps between the frames of a clip, each giving clips of its own.
    """

    clip_length: int
    size: int
    epochs: int
    batch_size: int
    learning_rate: float
    strides: tuple[int, ...]


SPATIOTEMPORAL = "spatiotemporal"

ARCHITECTURES = {
    SPATIOTEMPORAL: Defaults(
        clip_length=10,
        size=227,
        epochs=32,
        batch_size=4,
        learning_rate=1e-3,
        strides=(1, 2, 3),
    ),
}
