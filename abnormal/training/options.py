"""The options of a training run."""

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abnormal.names import LOSS_NAMES, PRECISION_NAMES, TUNE_NAMES

if TYPE_CHECKING:
    import keras

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
"""Options that must be the same as in the checkpoint that a run resumes from."""

DIGITS = 12
"""Number of hexadecimal digits of the hashes that a checkpoint stores."""


@dataclass(frozen=True)
class HostAddresses:
    """How the hosts of a training run find one another.

    JAX asks Slurm, Kubernetes or Cloud TPU for each value that is None.

    Attributes:
        coordinator: Address of host 0, as `HOST:PORT`.
        hosts: Number of hosts.
        index: 0-based index of this host.
    """

    coordinator: str | None = None
    hosts: int | None = None
    index: int | None = None


@dataclass(frozen=True)
class OwnParts:
    """What a training run gets as objects of Python rather than by name.

    Attributes:
        build: Builds the network from a clip length and a size, or returns one that there is; None
            for the architecture that the options name.
        loss: The loss, a function of clips and their reconstructions; None for the one that the
            options name.
        callbacks: Keras callbacks, to which the run is one `fit`.
    """

    build: "Callable[[int, int], keras.Model] | None" = None
    loss: "Callable[[Any, Any], Any] | None" = None
    callbacks: "tuple[keras.callbacks.Callback, ...]" = ()


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a training run.

    Attributes:
        img: Folder of the frames.
        output: Path of the model file to write.
        arch: Name of the architecture.
        size: Height and width of a frame, in pixels.
        clip_length: Number of frames in a clip.
        epochs: Largest number of passes over the footage.
        batch_size: Number of clips in a batch, or `AUTO_BATCH_SIZE` to use as many as fit into
            memory.
        learning_rate: Learning rate of Adam.
        strides: Numbers of frames from one frame of a clip to the next. An epoch has clips of each.
        checkpoints: Folder of the checkpoints.
        weight_decay: Weight of the penalty on the squares of the kernels.
        bottleneck: Number of units of the dense layer; 0 if the architecture has none, or if the
            weights come from `init`.
        loss: Name of the loss.
        precision: Name of the number format that convolutions are computed in. Weights and all
            other values are float32.
        tune: Whether the forms of the layers are chosen by measuring: a name in `TUNE_NAMES`. A run
            that resumes keeps those that it began with.
        validation: Fraction of the footage that is held out, in [0, 1).
        patience: Number of epochs without a better validation loss after which the run stops.
        init: Path of a model file whose weights the run starts from; None for new weights.
        seed: Seed of the weights, of the clips and of their order.
        checkpoint_every: Seconds from one checkpoint to the next.
        keep: Number of checkpoints to keep.
        restart: Whether to start from the beginning even if there are checkpoints.
        tensorboard: Folder of TensorBoard's files; None to write none.
        own: What comes as objects of Python. Checkpoints do not store it.
    """

    img: Path
    output: Path
    arch: str
    size: int
    clip_length: int
    epochs: int
    batch_size: int
    learning_rate: float
    strides: tuple[int, ...]
    checkpoints: Path
    weight_decay: float = 0.0
    bottleneck: int = 0
    loss: str = LOSS_NAMES[0]
    precision: str = PRECISION_NAMES[0]
    tune: str = TUNE_NAMES[0]
    validation: float = 0.15
    patience: int = 5
    init: Path | None = None
    seed: int = 0
    checkpoint_every: float = 600.0
    keep: int = 5
    restart: bool = False
    tensorboard: Path | None = None
    own: OwnParts = OwnParts()

    def record(self) -> dict[str, Any]:
        """Returns the options by name, as a checkpoint stores them.

        For `init` that is a hash of the network in the file instead of its path, because the file
        may be moved, and the model may be taught or calibrated without any change of its network.

        Raises:
            AbnormalError: The file of `init` is damaged, or no model file.
        """
        named = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del named["own"]
        values = {
            name: str(value) if isinstance(value, Path) else value for name, value in named.items()
        }
        return values | {"strides": list(self.strides), "init": self._init_digest}

    @functools.cached_property
    def _init_digest(self) -> str | None:
        """Hash of the network that the run starts from; None if there is no such file."""
        from abnormal.models.stored_network import digest_of_network  # not imported for `--help`

        if self.init is None or not self.init.is_file():
            return None
        return digest_of_network(self.init)[:DIGITS]
