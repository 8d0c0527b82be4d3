"""What a trained model is: the network, facts about it, and clips to verify runtimes by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.lazy_network import LazyNetwork

if TYPE_CHECKING:
    import keras

ArraysByCamera = Mapping[str, Mapping[str, np.ndarray]]
"""Maps each camera to its arrays by name; see `abnormal.scoring.calibration.Calibration.arrays`."""


@dataclass(frozen=True)
class ModelInfo:
    """Facts about a trained model that scoring needs.

    Attributes:
        arch: Name of the architecture.
        clip_length: Number of frames of a clip.
        size: Height and width of a frame in pixels.
        fps: Frames per second of the training footage.
        cameras: Names of the cameras in the training footage; a single empty name if the cameras
            were not distinguished.
        normalisation: The formula that turns a uint8 pixel into an input of the network.
        loss: Name of the training loss.
        seed: Random seed of the training.
        versions: Versions of this package, Keras and its backend, by package name.
        data_fingerprint: Hash of the training videos.
        history: One entry per epoch: epoch, loss, val_loss.
        calibration: Statistics of the scores on normal footage; see
            `abnormal.scoring.calibration`.
        needs: The code that a network of one's own needs to be loaded: for each class or function,
            as `MODULE:NAME`, the file that it was in. It is empty if all layers are of Keras.
    """

    arch: str
    clip_length: int
    size: int
    fps: float
    cameras: tuple[str, ...] = ()
    normalisation: str = "pixel / 255"
    loss: str = "mse"
    seed: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    data_fingerprint: str = ""
    history: tuple[dict[str, float], ...] = ()
    calibration: dict[str, Any] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """Whether the network is none of this program."""
        return self.arch not in ARCHITECTURES


@dataclass(frozen=True)
class Reference:
    """A few clips with the scores that they had when the model was calibrated.

    A runtime has to reproduce these scores. If it does not, the thresholds of the calibration are
    not valid for it.

    Attributes:
        clips: `(n, clip_length, size, size)` uint8 in 0 to 255.
        scores: Maps the name of each score to its values, `(n, clip_length)` float64.
    """

    clips: np.ndarray
    scores: dict[str, np.ndarray]


@dataclass(frozen=True)
class TrainedModel:
    """A model that was loaded from a model file.

    Attributes:
        lazy_network: The network, which Keras reads when it is first used.
        info: Facts about the model.
        path: The model file.
        reference: The clips by which runtimes are verified; None in files of older versions.
        arrays: The normal levels and the background of each camera of the calibration.
    """

    lazy_network: LazyNetwork
    info: ModelInfo
    path: Path
    reference: Reference | None = None
    arrays: ArraysByCamera = field(default_factory=dict)

    @property
    def network(self) -> "keras.Model":
        """The network. It takes and returns `(batch, clip_length, size, size, 1)` float32 in
        [0, 1].
        """
        return self.lazy_network.keras
