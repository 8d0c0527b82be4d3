"""The options of a training run."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIXED_WHEN_RESUMED = (
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
"""The options that a run has to share with the checkpoints that it goes on from."""


@dataclass(frozen=True)
class HostAddresses:
    """Where the hosts of a training run find one another.

    What is None is asked of Slurm, Kubernetes or Cloud TPU.

    Attributes:
        coordinator: The address of host 0, as `HOST:PORT`.
        hosts: How many hosts there are.
        index: The number of this host, from 0.
    """

    coordinator: str | None = None
    hosts: int | None = None
    index: int | None = None


@dataclass(frozen=True)
class TrainingOptions:
    """The options of a training run.

    Attributes:
        img: The folder of frames.
        output: The model file to write.
        arch: The name of the architecture.
        size: Height and width of a frame, in pixels.
        clip_length: How many frames a clip has.
        epochs: How often the network sees the footage.
        batch_size: How many clips a batch has; `AUTO_BATCH_SIZE` until it is known
            how many fit.
        learning_rate: The learning rate of Adam.
        weight_decay: The weight of the penalty on the squares of the kernels.
        bottleneck: The units of the dense layer of an architecture that has one; 0 for others.
        loss: The name of the loss.
        precision: The name of the type that convolutions are computed in; weights and everything
            else are float32.
        strides: The steps between the frames of a clip; each is used once in an epoch.
        validation: The part of the footage that is held out, in [0, 1).
        patience: After how many epochs without a better validation loss the run stops.
        init: A model file whose weights the run starts from; None for new weights.
        seed: The seed of the weights, of the clips and of their order.
        checkpoints: The folder of the checkpoints.
        checkpoint_every: Seconds from one checkpoint to the next.
        keep: How many checkpoints are kept.
        restart: Whether to begin anew in spite of checkpoints.
        tensorboard: The folder for TensorBoard's files; None for no such files.
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
        """Returns the options as a checkpoint stores them.

        Of `init` it stores a hash, as the file may be moved.
        """
        values = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in dataclasses.asdict(self).items()
        }
        from abnormal.files import sha256  # not for `--help`

        init = sha256(self.init)[:12] if self.init and self.init.is_file() else None
        return values | {"strides": list(self.strides), "init": init}
