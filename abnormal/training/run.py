"""A training run from frames to a calibrated model file."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.frames.clips import validation_clips
from abnormal.inference.calibrate import PASSES, Calibrator
from abnormal.inference.reference import CLIPS, make_reference
from abnormal.inference.runtimes import keras_runtime
from abnormal.models.backend import make_deterministic, memory_advice, replicated, versions
from abnormal.models.fast import FastNetwork
from abnormal.models.model_file import ModelInfo, Reference, load_model, save_model
from abnormal.models.model_path import check_ending
from abnormal.models.networks import NETWORKS
from abnormal.scoring.calibration import Calibration
from abnormal.training.batch_size import settled
from abnormal.training.batches import Share
from abnormal.training.checkpoints import newest_checkpoint, set_damaged_aside
from abnormal.training.fitting import Fitting, losses_path
from abnormal.training.footage import Footage, Progress, open_footage
from abnormal.training.hosts import ALONE, Hosts
from abnormal.training.interrupt import catching_signals
from abnormal.training.keeper import Clock, Keeper, SilentKeeper
from abnormal.training.lock import locked
from abnormal.training.losses import LOSSES, by_clip
from abnormal.training.optimizer import make_optimizer
from abnormal.training.options import BINDING, TrainingOptions
from abnormal.training.progress import OpenMeter, check_tensorboard
from abnormal.training.replicas import ReplicatedNetwork

Say = Callable[[str], None]
OpenCounter = Callable[[int], AbstractContextManager[Callable[[int], object]]]
"""From how many frames there are to what counts those that are done."""


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
    options: TrainingOptions,
    open_meter: OpenMeter,
    progress: Progress,
    say: Say,
    clock: Clock = time.monotonic,
    open_counter: OpenCounter = lambda frames: nullcontext(int),
    replicas: int = 1,
    hosts: Hosts = ALONE,
) -> Outcome | None:
    """Trains a network on the normal footage of `img/` and writes its model file.

    A run that died goes on from its newest checkpoint, and ends as if nothing had happened.

    Args:
        options: What to do.
        open_meter: Opens a progress meter for so many frames.
        progress: Wraps the numbers of the videos while the cache is built.
        say: Tells the user something.
        clock: Seconds that only grow.
        open_counter: Opens what is told of the frames that the calibration has gone through.
        replicas: How many devices share each batch, on all hosts together.
        hosts: Those that train together, each calling this.

    Returns:
        None where another host calibrates and writes the model file.

    Raises:
        AbnormalError: There is nothing to train on, nowhere to write, too little memory, or the
            checkpoints are those of another run.
        Stopped: A signal asked for it.
    """
    check_ending(options.output)
    if options.init and options.init.resolve() == options.output.resolve():
        raise AbnormalError(
            f"--init {options.init} would be overwritten by what comes of it. Name another file "
            "with --output."
        )
    if options.tensorboard:
        check_tensorboard(options.tensorboard)
    make_folder(options.output.absolute().parent)
    with locked(options.checkpoints) if hosts.is_first else nullcontext():
        make_deterministic()
        network = _network(options)  # what it cannot be is said before the footage is read
        options = settled(options, network, replicas, hosts, say)
        footage = open_footage(options, progress)
        _tell(footage, say)
        hosts.demand_same(_what_binds(options, footage), "Start all with the same command.")
        hosts.demand_shared(options.checkpoints)
        smaller = max(1, options.batch_size // 2)
        with memory_advice(f"Try --batch-size {smaller}, or close what else uses the memory."):
            with replicated() if replicas > 1 else nullcontext():
                trained = _compiled(options, replicas)
                fitting = _fit(trained, footage, options, open_meter, say, clock, replicas, hosts)
            if not hosts.is_first:
                return None
            network = _alone(trained.stock, replicas)
            calibration = _calibrate(network, footage, options.clip_length, open_counter, say)
            reference = _reference(network, footage, options.clip_length)
        info = _info(options, footage, fitting, calibration)
        save_model(options.output, network, info, reference, calibration.levels)
    stopping = fitting.stopping
    best = stopping.best_epoch + 1 if stopping.best_weights else len(fitting.history)
    return Outcome(info, losses_path(options.output), stopping.should_stop, best)


def _network(options: TrainingOptions) -> keras.Model:
    """A new network, or the one to go on from."""
    if options.init is None:
        width = {"bottleneck": options.bottleneck} if options.bottleneck else {}
        return NETWORKS[options.arch](options.clip_length, options.size, **width)
    model = load_model(options.init)
    made_for = (model.info.arch, model.info.clip_length, model.info.size)
    wanted = (options.arch, options.clip_length, options.size)
    if made_for != wanted:
        raise AbnormalError(
            f"{options.init} is a network of (architecture, clip length, size) {made_for}, but "
            f"{wanted} is asked for. Give the same --arch, --clip-length and --size."
        )
    return model.network


def _compiled(options: TrainingOptions, replicas: int) -> FastNetwork:
    """The network to train, in the form for one device or for several."""
    keras.utils.set_random_seed(options.seed)
    loss = LOSSES[options.loss]
    if replicas == 1:
        network = FastNetwork(_network(options), options.precision)
        network.compile(make_optimizer(options), loss)
    else:
        network = ReplicatedNetwork(_network(options), options.precision)
        network.compile(make_optimizer(options), by_clip(loss))
    return network


def _alone(network: keras.Sequential, replicas: int) -> keras.Sequential:
    """The same network on one device, which is where it is calibrated."""
    if replicas == 1:
        return network
    alone = keras.Sequential.from_config(network.get_config())
    alone.set_weights(network.get_weights())
    return alone


def _what_binds(options: TrainingOptions, footage: Footage) -> dict[str, object]:
    """What hosts that train one network must share."""
    record = options.record()
    names = (*BINDING, "epochs", "patience", "restart")
    shared = {name: record[name] for name in names}
    return shared | {"data": footage.fingerprint[:12], "versions": versions()}


def _tell(footage: Footage, say: Say) -> None:
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


def _fit(
    network: keras.Model,
    footage: Footage,
    options: TrainingOptions,
    open_meter: OpenMeter,
    say: Say,
    clock: Clock,
    replicas: int,
    hosts: Hosts,
) -> Fitting:
    share = Share(replicas, hosts.count, hosts.index)
    with catching_signals(hosts.largest) as interrupt:
        keeper = _keeper(options, clock, say) if hosts.is_first else SilentKeeper()
        fitting = Fitting(network, footage, options, keeper, interrupt, say, share)
        if options.restart:
            fitting.save_start()
        else:
            _resume(fitting, options, say, hosts)
        fitting.run(open_meter)
    return fitting


def _keeper(options: TrainingOptions, clock: Clock, say: Say) -> Keeper:
    return Keeper(
        options.checkpoints,
        options.checkpoint_every,
        options.keep,
        clock,
        say,
        replace=options.restart,
    )


def _resume(fitting: Fitting, options: TrainingOptions, say: Say, hosts: Hosts) -> None:
    checkpoint = newest_checkpoint(options.checkpoints, say)
    position = (checkpoint.epoch, checkpoint.batch) if checkpoint else None
    hosts.demand_same({"the newest checkpoint": position}, "Start them again in a minute.")
    if checkpoint is None:
        return
    if differences := fitting.differences(checkpoint):
        raise AbnormalError(
            f"The checkpoints in {options.checkpoints} are of another run: "
            f"{'; '.join(differences)}. Use the same values, begin again with --restart, or keep "
            "both with another folder in --checkpoints."
        )
    if hosts.is_first:
        set_damaged_aside(options.checkpoints, checkpoint)
    fitting.resume(checkpoint)
    if fitting.epoch >= options.epochs or fitting.stopping.should_stop:
        say(f"this run is finished after {fitting.epoch} epochs; {options.output} is written again")
    else:
        say(f"going on at epoch {fitting.epoch + 1}, batch {fitting.batch + 1}")


def _calibrate(
    network: keras.Sequential,
    footage: Footage,
    clip_length: int,
    open_counter: OpenCounter,
    say: Say,
) -> Calibration:
    """Learns what is normal from the footage, and how seldom it is how far above that."""
    videos = footage.normal_videos()
    with open_counter(PASSES * sum(video.length for video in videos)) as count:
        calibrator = Calibrator(keras_runtime(network), clip_length, footage.fps, count)
        calibration = calibrator.calibrate(videos)
    for problem in calibrator.problems:
        say(problem)
    return calibration


def _reference(network: keras.Sequential, footage: Footage, clip_length: int) -> Reference:
    """A few clips from throughout the footage that was calibrated on, with their scores."""
    cache = footage.held_out if footage.held_out.lengths else footage.training
    clips = validation_clips(cache.lengths, clip_length)
    chosen = sorted({round(place) for place in np.linspace(0, len(clips) - 1, CLIPS)})
    frames = np.stack([cache.clip(clips[place], clip_length) for place in chosen])
    return make_reference(frames, keras_runtime(network))


def _info(
    options: TrainingOptions, footage: Footage, fitting: Fitting, calibration: Calibration
) -> ModelInfo:
    return ModelInfo(
        arch=options.arch,
        clip_length=options.clip_length,
        size=options.size,
        fps=footage.fps,
        cameras=tuple(sorted({record.camera for record in footage.records})),
        loss=options.loss,
        seed=options.seed,
        versions=versions(),
        data_fingerprint=footage.fingerprint,
        history=tuple(fitting.history),
        calibration=calibration.as_dict(),
    )
