"""What a training run is asked to do."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A run that is resumed has to have the same values, or it would be another run.
BINDING = (
    "arch",
    "init",
    "size",
    "clip_length",
    "validation",
    "seed",
    "loss",
    "batch_size",
    "strides",
    "learning_rate",
    "weight_decay",
    "bottleneck",
    "precision",
)


@dataclass(frozen=True)
class Meeting:
    """Where hosts find one another; what is None is taken from Slurm, Kubernetes or Cloud TPU.

    Attributes:
        coordinator: `HOST:PORT` of host 0.
        hosts: How many there are.
        index: Which of them this is, from 0.
    """

    coordinator: str | None = None
    hosts: int | None = None
    index: int | None = None


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a run.

    Attributes:
        img: The folder of frames.
        output: The model file to write.
        arch: Name of the architecture.
        size: Height and width of a frame, in pixels.
        clip_length: Frames of a clip.
        epochs: How often the footage is gone through.
        batch_size: Clips of a batch; `names.AUTO_BATCH_SIZE` until it is known how many fit.
        learning_rate: Of Adam.
        weight_decay: Weight of the penalty on the squares of the kernels.
        bottleneck: Units of the dense layer of an architecture that has one; 0 for others.
        loss: Name of the loss.
        precision: What convolutions are computed in; weights and all else are float32.
        strides: Steps between the frames of a clip.
        validation: Part of the footage that is held out, in [0, 1).
        patience: Epochs without a better validation loss before the run stops.
        init: A model file to go on from.
        seed: Of the weights, of the clips and of their order.
        checkpoints: Folder of the checkpoints.
        checkpoint_every: Seconds from one checkpoint to the next.
        keep: How many checkpoints are kept.
        restart: Whether to begin anew in spite of checkpoints.
        tensorboard: Folder for TensorBoard's files.
    """

    img: Path
    output: Path
    arch: str
    size: int
    clip_length: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    bottleneck: int
    loss: str
    precision: str
    strides: tuple[int, ...]
    validation: float
    patience: int
    init: Path | None
    seed: int
    checkpoints: Path
    checkpoint_every: float
    keep: int
    restart: bool
    tensorboard: Path | None

    def record(self) -> dict[str, Any]:
        """All options as a checkpoint keeps them; of `init` the hash, as its file may move."""
        values = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in dataclasses.asdict(self).items()
        }
        from abnormal.files import sha256  # not for `--help`

        init = sha256(self.init)[:12] if self.init and self.init.is_file() else None
        return values | {"strides": list(self.strides), "init": init}
