"""What `train_model.py` does once its command line is understood."""

import logging
from contextlib import AbstractContextManager, nullcontext

from abnormal.models.backend import replica_devices
from abnormal.report.losses import plot_losses
from abnormal.training.devices import Devices
from abnormal.training.hosts import joined
from abnormal.training.options import HostAddresses, TrainingOptions
from abnormal.training.run import TrainingResult, train

log = logging.getLogger(__name__)


def run_training(options: TrainingOptions, distribute: str, addresses: HostAddresses) -> int:
    """Trains a model, draws its losses, and returns the exit code.

    Args:
        options: The options of the training run.
        distribute: Which devices share the work: `"none"` for a single one, `"auto"` for all of
            this host, or `"hosts"` for those of several hosts.
        addresses: Where the hosts find one another.
    """
    with _open_devices(distribute, addresses) as devices:
        if not devices.is_first_host:  # all hosts would say the same, so the first one says it
            logging.getLogger("abnormal").setLevel(logging.ERROR)
        _log_devices(devices, options.batch_size)
        result = train(options, devices)
    if result:
        _show(result, options)
    return 0


def _open_devices(distribute: str, addresses: HostAddresses) -> AbstractContextManager[Devices]:
    if distribute == "hosts":
        return joined(addresses)
    return nullcontext(Devices(1 if distribute == "none" else len(replica_devices())))


def _log_devices(devices: Devices, batch_size: int) -> None:
    if devices.count > 1:
        on = f" on {devices.hosts} hosts" if devices.hosts > 1 else ""
        log.info("%d devices%s share each batch", devices.count, on)
        if batch_size % devices.count:
            log.warning(
                "%d is no multiple of %d, so a part of the devices does nothing; choose another "
                "--batch-size",
                batch_size,
                devices.count,
            )


def _show(result: TrainingResult, options: TrainingOptions) -> None:
    plot = result.losses.with_suffix(".png")
    plot_losses({options.output.stem: result.info.history}, plot)
    epochs = len(result.info.history)
    why = ", stopped early" if result.stopped_early else ""
    print(f"model: {options.output} (epoch {result.best_epoch} of {epochs}{why})")
    print(f"losses: {result.losses}, {plot}")
