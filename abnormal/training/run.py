"""A training run from frames to a calibrated model file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

import abnormal
from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.inference.runtimes import keras_runtime
from abnormal.inference.score import causal_scores, frame_scores
from abnormal.models.backend import memory_advice
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.model_file import ModelInfo, load_model, save_model
from abnormal.models.networks import NETWORKS
from abnormal.scoring.calibration import Calibration, calibrate
from abnormal.training.fitting import Fitting, OpenMeter, losses_path
from abnormal.training.footage import Footage, Progress, open_footage, videos_of
from abnormal.training.losses import LOSSES
from abnormal.training.options import TrainingOptions


@dataclass(frozen=True)
class Outcome:
    """What a run has made.

    Attributes:
        info: As it is in the model file.
        losses: The file of losses.
        stopped_early: Whether the validation loss had stopped falling.
        best_epoch: 1-based; the epoch whose weights the model has.
    """

    info: ModelInfo
    losses: Path
    stopped_early: bool
    best_epoch: int


def train(
    options: TrainingOptions, open_meter: OpenMeter, progress: Progress, say: Callable[[str], None]
) -> Outcome:
    """Trains a network on the normal footage of `img/` and writes its model file.

    Args:
        options: What to do.
        open_meter: Opens a progress meter for so many frames.
        progress: Wraps the numbers of the videos while the cache is built.
        say: Tells the user something.

    Raises:
        AbnormalError: There is nothing to train on, nowhere to write, or too little memory.
    """
    make_folder(options.output.absolute().parent)
    keras.utils.set_random_seed(options.seed)
    network, clip_length, size = _network(options)
    footage = open_footage(options, clip_length, size, progress)
    _tell(footage, say)
    network.compile(keras.optimizers.Adam(options.learning_rate), LOSSES[options.loss])
    fitting = Fitting(network, footage, clip_length, options)
    smaller = max(1, options.batch_size // 2)
    with memory_advice(f"Try --batch-size {smaller}, or close what else uses the memory."):
        fitting.run(open_meter)
        calibration = _calibrate(network, footage, clip_length)
    info = ModelInfo(
        arch=options.arch,
        clip_length=clip_length,
        size=size,
        fps=footage.fps,
        cameras=tuple(sorted({record.camera for record in footage.records})),
        loss=options.loss,
        seed=options.seed,
        versions=_versions(),
        data_fingerprint=footage.fingerprint,
        history=tuple(fitting.history),
        calibration=calibration.as_dict(),
    )
    save_model(options.output, network, info)
    stopping = fitting.stopping
    best = stopping.best_epoch + 1 if stopping.best_weights else len(fitting.history)
    return Outcome(info, losses_path(options.output), stopping.should_stop, best)


def _network(options: TrainingOptions) -> tuple[keras.Model, int, int]:
    """The network with its clip length and size: a new one, or the one to go on from."""
    if options.init is None:
        defaults = ARCHITECTURES[options.arch]
        network = NETWORKS[options.arch](defaults.clip_length, defaults.size)
        return network, defaults.clip_length, defaults.size
    model = load_model(options.init)
    if model.info.arch != options.arch:
        raise AbnormalError(
            f"{options.init} is a {model.info.arch} network, but --arch says {options.arch}."
        )
    return model.network, model.info.clip_length, model.info.size


def _tell(footage: Footage, say: Callable[[str], None]) -> None:
    for record in footage.too_short:
        say(f"{record.video} is left out: {record.frames} frames are too short for a clip")
    frames, held = sum(footage.training.lengths), sum(footage.held_out.lengths)
    names = ", ".join(footage.held_out_names)
    say(f"{frames} frames to train on, {held} held out" + (f" ({names})" if names else ""))
    if not held:
        say(
            "warning: nothing is held out, so there is no early stopping, and the alarm's "
            "threshold comes from footage that the network knows; expect more false alarms"
        )


def _calibrate(network: keras.Model, footage: Footage, clip_length: int) -> Calibration:
    """Scores held-out normal footage; where there is none, what the network was trained on."""
    held_out = bool(footage.held_out.lengths)
    cache = footage.held_out if held_out else footage.training
    names = footage.held_out_names or tuple(record.video for record in footage.records)
    reconstruct = keras_runtime(network)
    scores = [
        causal_scores(frame_scores(frames, reconstruct, clip_length), footage.fps)
        for frames in videos_of(cache)
    ]
    return calibrate(scores, names, held_out)


def _versions() -> dict[str, str]:
    backend = keras.backend.backend()
    return {
        "abnormal": abnormal.__version__,
        "keras": keras.__version__,
        backend: __import__(backend).__version__,
    }
