"""`--batch-size auto`: the largest batch whose training fits the memory that is free."""

import dataclasses
import logging
import math

import keras

from abnormal.errors import AbnormalError
from abnormal.names import AUTO_BATCH_SIZE
from abnormal.training.checkpoints import newest_checkpoint
from abnormal.training.devices import ONE_DEVICE, Devices
from abnormal.training.memory import free_bytes_per_device
from abnormal.training.options import TrainingOptions

CLIPS_PER_DEVICE = (64, 32, 16, 8, 4, 2, 1)
"""The numbers of clips that a device may get, largest first."""

MOST_CLIPS = 64
"""The largest batch over all devices; with a larger one, an epoch would have too few steps."""

SHARE_OF_FREE_MEMORY = 0.5
"""The part of the free memory that is used; the rest is for libraries, frames and others."""

COPIES_OF_OUTPUTS = 4
"""For each value that a layer puts out, how many float32 values training keeps.

They are the value itself, its gradient, and what is computed on the way to both. Measured on a
processor (docs/PERFORMANCE.md) it is 3 for the default network, and 2 for stcae.
"""

GATES = 4
"""A ConvLSTM computes so many values for each value of its output."""

COPIES_OF_WEIGHTS = 4
"""Each weight is kept with its gradient and the two means of Adam."""

log = logging.getLogger(__name__)


def with_batch_size(
    options: TrainingOptions, network: keras.Sequential, devices: Devices = ONE_DEVICE
) -> TrainingOptions:
    """Returns the options with a number of clips in a batch, the same on all hosts.

    A run that goes on from checkpoints keeps its number, whatever memory is free now.

    Args:
        options: The options of the run; returned as they are unless `batch_size` is
            `AUTO_BATCH_SIZE`.
        network: The network that is going to be trained.
        devices: The devices that share a batch.

    Raises:
        AbnormalError: Not even one clip fits, the free memory is not known, or all checkpoints
            are damaged.
    """
    if options.batch_size != AUTO_BATCH_SIZE:
        return options
    # Damaged checkpoints are reported later, where the run goes on from one.
    checkpoint = None
    if not options.restart:
        checkpoint = newest_checkpoint(options.checkpoints, report_damage=False)
    if checkpoint:
        number = int(checkpoint.state["options"]["batch_size"])
        log.info("batches of %d clips, as in the checkpoints", number)
    else:
        free = free_bytes_per_device(devices.on_this_host)
        number = min(devices.gather(largest_batch(network, free, devices)))
        log.info(
            "batches of %d clips, for which there is memory (%.1f GiB free)", number, free / 2**30
        )
    return dataclasses.replace(options, batch_size=number)


def largest_batch(network: keras.Sequential, free_bytes: int, devices: Devices = ONE_DEVICE) -> int:
    """Returns the number of clips in the largest batch that fits.

    Each device gets one of `CLIPS_PER_DEVICE`, and all together get at most `MOST_CLIPS`, unless
    there are more devices than that.

    Args:
        network: The network that is going to be trained.
        free_bytes: The memory that is free on each device.
        devices: The devices that share a batch.

    Raises:
        AbnormalError: Not even one clip fits.
    """
    weights = 4 * COPIES_OF_WEIGHTS * network.count_params()
    available = SHARE_OF_FREE_MEMORY * free_bytes - weights
    clip = clip_bytes(network)
    for clips in CLIPS_PER_DEVICE:
        if clips * clip <= available and clips <= max(1, MOST_CLIPS // devices.count):
            return clips * devices.count
    raise AbnormalError(
        f"There is not enough memory: a clip of this network needs {clip / 2**20:.0f} MiB beside "
        f"the weights, and of the {free_bytes / 2**20:.0f} MiB free half is left to all else. "
        "Choose a smaller --size or --clip-length, or close what else uses the memory."
    )


def clip_bytes(network: keras.Sequential) -> int:
    """Estimates the memory that training needs for each clip of a batch, rather too high.

    All values count as float32; with mixed precision some of them take half of that.
    """
    values = 0
    for layer in network.layers:
        gates = GATES if isinstance(layer, keras.layers.ConvLSTM2D) else 1
        values += gates * math.prod(layer.output.shape[1:])
    return 4 * COPIES_OF_OUTPUTS * values
