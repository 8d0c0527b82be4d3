"""Runs a training run, from frames to a calibrated model file."""

import logging
import os
import time
from collections.abc import Callable
from contextlib import nullcontext

from abnormal.errors import AbnormalError
from abnormal.files import make_folder
from abnormal.lock import locked
from abnormal.models.backend import make_deterministic, memory_advice, replica_scope, versions
from abnormal.models.model_path import check_suffix
from abnormal.replacing import require_replaceable
from abnormal.training.batch_size import with_batch_size
from abnormal.training.checkpoint_writer import CheckpointWriter, NoCheckpoints
from abnormal.training.checkpoints import begun_state, newest_checkpoint, set_damaged_aside
from abnormal.training.devices import ONE_DEVICE, Devices
from abnormal.training.distribute import log_devices
from abnormal.training.finish import TrainingResult, finish
from abnormal.training.finished import forget_finished, note_finished
from abnormal.training.fitting import Fitting
from abnormal.training.footage import Footage, open_footage
from abnormal.training.forms import choose_fastest
from abnormal.training.interrupt import catching_signals
from abnormal.training.network import compiled, devices_for, random_numbers_kept, tried_network
from abnormal.training.options import FIXED_WHEN_RESUMED, TrainingOptions
from abnormal.training.same_run import footage_facts
from abnormal.training.split import NEAR_SHARE
from abnormal.training.tensorboard import check_tensorboard

LOCK = "lock"
"""Name of the lock file in a folder of checkpoints."""

ADVICE_WHILE_FINISHING = (
    "Close what else uses the memory, and start the same command again: the network is trained, "
    "and what is left are its calibration and its exam."
)
"""What to do where there is too little memory after the training."""

log = logging.getLogger(__name__)


def train(
    options: TrainingOptions,
    devices: Devices = ONE_DEVICE,
    clock: Callable[[], float] = time.monotonic,
) -> TrainingResult | None:
    """Trains a network on the normal footage of `img/`, calibrates it and writes its model file.

    A run that was stopped or killed resumes from its newest checkpoint, and gives the same result,
    bit for bit, as one that was not.

    Args:
        options: Options of the run.
        devices: The devices that share each batch. With several hosts, each calls this function.
        clock: Returns the time in seconds, and never goes backwards. It tells when a checkpoint is
            due.

    Returns:
        The result of the run; None on all hosts except the first, which writes the model.

    Raises:
        AbnormalError: There is no footage to train on, the results cannot be written, there is too
            little memory, or the checkpoints belong to another run. What is in the folder of
            checkpoints stays, unless a run with `restart` has begun to train.
        Stopped: A signal asked the run to stop.
    """
    _check_output(options)
    lock = locked(options.checkpoints / LOCK, "training run", "--checkpoints")
    with random_numbers_kept(), lock if devices.is_first_host else nullcontext():
        make_deterministic()
        network = tried_network(options)  # so that an impossible network is refused at once
        devices, given = devices_for(network, options, devices), options
        options = with_batch_size(options, network, devices)
        log_devices(devices, options.batch_size)
        footage = open_footage(options, _split_rule(options))
        _log_footage(footage)
        same = _values_to_agree_on(options, footage)
        devices.require_same(same, "Start all with the same command.")
        devices.require_shared(options.checkpoints)
        with memory_advice(_advice_while_fitting(options.batch_size)):
            fitting = _fit(options, footage, devices, clock)
        if not devices.is_first_host:
            return None
        with memory_advice(ADVICE_WHILE_FINISHING):
            result = finish(options, footage, fitting, devices)
        note_finished(given, footage.found)
        return result


def _advice_while_fitting(batch_size: int) -> str:
    """Returns what to do where there is too little memory for the training."""
    fewer = (
        f"--batch-size {batch_size // 2}" if batch_size > 1 else "a smaller --size or --clip-length"
    )
    return (
        "Close what else uses the memory, and start the same command again, which goes on from "
        f"the newest checkpoint; or begin anew with {fewer} and --restart."
    )


def _check_output(options: TrainingOptions) -> None:
    """Makes sure, before training begins, that its results can be written."""
    check_suffix(options.output)
    if options.init and os.path.realpath(options.init) == os.path.realpath(options.output):
        raise AbnormalError(
            f"--init {options.init} would be overwritten by what comes of it. Name another file "
            "with --output."
        )
    if options.tensorboard:
        check_tensorboard(options.tensorboard)
    make_folder(options.output.absolute().parent)
    require_replaceable(options.output)


def _split_rule(options: TrainingOptions) -> str | None:
    """Returns the rule by which footage is split; if an older version began this run, its rule."""
    state = {} if options.restart else begun_state(options.checkpoints)
    return state.get("split") if state else NEAR_SHARE


def _values_to_agree_on(options: TrainingOptions, footage: Footage) -> dict[str, object]:
    """Returns, by name, the values that must be the same on all hosts of a run."""
    record = options.record()
    names = (*FIXED_WHEN_RESUMED, "epochs", "patience", "restart")
    shared = {name: record[name] for name in names}
    return shared | footage_facts(footage) | {"versions": versions()}


def _log_footage(footage: Footage) -> None:
    for record in footage.too_short:
        log.info("%s is left out: %d frames are too short for a clip", record.video, record.frames)
    frames, held = sum(footage.training.lengths), sum(footage.held_out.lengths)
    names = ", ".join(footage.held_out_names)
    log.info("%d frames to train on, %d held out%s", frames, held, f" ({names})" if names else "")
    if not held:
        log.warning(
            "nothing is held out, so there is no early stopping, and the alarm's threshold comes "
            "from footage that the network knows; expect more false alarms"
        )


def _fit(
    options: TrainingOptions, footage: Footage, devices: Devices, clock: Callable[[], float]
) -> Fitting:
    """Trains a network from the beginning, or from the newest checkpoint."""
    with replica_scope() if devices.count > 1 else nullcontext():
        network = compiled(options, devices)
        with catching_signals(devices.largest) as interrupt:
            first = devices.is_first_host
            writer = _checkpoint_writer(options, clock) if first else NoCheckpoints()
            fitting = Fitting(network, footage, options, writer, interrupt, devices)
            if options.restart or not _resume(fitting, options, devices):
                chosen = choose_fastest(network, options.batch_size, options.tune, devices)
                if first:  # what was noted is of the run before
                    forget_finished(options.checkpoints, must_write=options.restart)
                if options.restart or chosen:
                    fitting.save_start()
            fitting.run()
    return fitting


def _checkpoint_writer(options: TrainingOptions, clock: Callable[[], float]) -> CheckpointWriter:
    return CheckpointWriter(
        options.checkpoints,
        options.checkpoint_every,
        options.keep,
        clock,
        replace=options.restart,
    )


def _resume(fitting: Fitting, options: TrainingOptions, devices: Devices) -> bool:
    """Restores the newest checkpoint, and returns whether there is one."""
    checkpoint = newest_checkpoint(options.checkpoints, differences=fitting.differences)
    position = (checkpoint.epoch, checkpoint.batch) if checkpoint else None
    devices.require_same({"the newest checkpoint": position}, "Start them again in a minute.")
    if checkpoint is None:
        return False
    if differences := fitting.differences(checkpoint):
        if checkpoint.is_start:  # of a run that has learnt nothing
            return False
        raise AbnormalError(
            f"The checkpoints in {options.checkpoints} are of another run: "
            f"{'; '.join(differences)}. Use the same values and footage, begin anew with "
            "--restart, or keep both with another folder in --checkpoints."
        )
    if devices.is_first_host:
        set_damaged_aside(options.checkpoints, checkpoint)
    fitting.resume(checkpoint)
    if fitting.is_finished:
        log.info("this run is finished after %d epochs", fitting.epoch)
    else:
        log.info("going on at epoch %d, batch %d", fitting.epoch + 1, fitting.batch + 1)
        if options.tune == "again":
            log.info("this run keeps the forms that it began with; --tune again is for --restart")
    return True
