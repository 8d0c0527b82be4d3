"""Opens the devices that train a network together, on this host or on several."""

import contextlib
import logging
from collections.abc import Iterator

from abnormal.models.backend import replica_devices
from abnormal.training.devices import Devices
from abnormal.training.hosts import joined
from abnormal.training.options import HostAddresses

log = logging.getLogger(__name__)


@contextlib.contextmanager
def open_devices(distribute: str, addresses: HostAddresses) -> Iterator[Devices]:
    """Opens the devices of a training run for the duration of the block.

    Args:
        distribute: A name in `DISTRIBUTION_NAMES`: `"none"` for a single device, `"auto"` for all
            devices of this host, or `"hosts"` for all devices of several hosts.
        addresses: How the hosts find one another.

    Raises:
        AbnormalError: The hosts do not find one another, or the connection to one is lost.
    """
    if distribute == "hosts":
        with joined(addresses) as devices, _quiet(not devices.is_first_host):
            yield devices  # all would say the same, so the first one says it
    else:
        yield Devices(1 if distribute == "none" else len(replica_devices()))


@contextlib.contextmanager
def _quiet(quiet: bool) -> Iterator[None]:
    """Holds back all messages but errors for the length of the block, if that is wanted."""
    package = logging.getLogger("abnormal")
    level = package.level
    if quiet:
        package.setLevel(logging.ERROR)
    try:
        yield
    finally:
        package.setLevel(level)


def log_devices(devices: Devices, batch_size: int) -> None:
    """Logs how many devices share each batch, and warns if the batch size leaves some idle."""
    if devices.count == 1:
        return
    on = f" on {devices.hosts} hosts" if devices.hosts > 1 else ""
    log.info("%d devices%s share each batch", devices.count, on)
    if batch_size % devices.count:
        log.warning(
            "%d is no multiple of %d, so a part of the devices does nothing; choose another "
            "--batch-size",
            *(batch_size, devices.count),
        )
