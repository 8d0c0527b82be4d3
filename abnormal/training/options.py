"""What a training run is asked to do."""

from dataclasses import dataclass
from pathlib import Path

LOSS_NAMES = ("mse", "mae", "binary_crossentropy", "categorical_crossentropy")


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a run.

    Attributes:
        img: The folder of frames.
        output: The model file to write.
        arch: Name of the architecture.
        epochs: How often the footage is gone through.
        batch_size: Clips of a batch.
        learning_rate: Of Adam.
        loss: Name of the loss.
        strides: Steps between the frames of a clip.
        validation: Part of the footage that is held out, in [0, 1).
        patience: Epochs without a better validation loss before the run stops.
        init: A model file to go on from.
        seed: Of the weights, of the clips and of their order.
        tensorboard: Folder for TensorBoard's files.
    """

    img: Path
    output: Path
    arch: str
    epochs: int
    batch_size: int
    learning_rate: float
    loss: str
    strides: tuple[int, ...]
    validation: float
    patience: int
    init: Path | None
    seed: int
    tensorboard: Path | None
