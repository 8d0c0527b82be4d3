"""`--batch-size auto`: finds the largest batch that fits into the free memory."""

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
"""Numbers of clips per device that are tried, largest first."""

MOST_CLIPS = 64
"""Largest number of clips in a batch over all devices. Larger batches would leave an epoch with too
few steps."""

SHARE_OF_FREE_MEMORY = 0.5
"""Fraction of the free memory that training may use. The rest is left to libraries, frames and
other programs."""

COPIES_OF_OUTPUTS = 4
"""Number of float32 values that training keeps for each output value of a layer.

These are the value itself, its gradient, and intermediate results of both. On a CPU, 3 were
measured for the default network and 2 for stcae (docs/PERFORMANCE.md).
"""

GATES = 4
"""Number of values that a ConvLSTM computes for each value of its output."""

COPIES_OF_WEIGHTS = 4
"""Number of float32 values per weight: the weight, its gradient and the two moments of Adam."""

log = logging.getLogger(__name__)


def with_batch_size(
    options: TrainingOptions, network: keras.Sequential, devices: Devices = ONE_DEVICE
) -> TrainingOptions:
    """Replaces a batch size of `auto` by a number of clips, which is the same on all hosts.

    A run that resumes from a checkpoint keeps its batch size, however much memory is free now.

    Args:
        options: Options of the run. They are returned unchanged unless `batch_size` is
            `AUTO_BATCH_SIZE`.
        network: The network to train.
        devices: The devices that share each batch.

    Returns:
        The options with a number as `batch_size`.

    Raises:
        AbnormalError: Not even one clip fits, the amount of free memory is unknown, or all
            checkpoints are damaged.
    """
    if options.batch_size != AUTO_BATCH_SIZE:
        return options
    # Damaged checkpoints are reported later, when the run resumes from one that is not.
    checkpoint = None
    if not options.restart:
        checkpoint = newest_checkpoint(options.checkpoints, report_damage=False)
    if checkpoint and (kept := checkpoint.state.get("options", {}).get("batch_size")):
        number = int(kept)
        log.info("batches of %d clips, as in the checkpoints", number)
    else:
        free = free_bytes_per_device(devices.on_this_host)
        number = min(devices.gather(largest_batch(network, free, devices)))
        log.info(
            "batches of %d clips, for which there is memory (%.1f GiB free)", number, free / 2**30
        )
    return dataclasses.replace(options, batch_size=number)


def largest_batch(network: keras.Sequential, free_bytes: int, devices: Devices = ONE_DEVICE) -> int:
    """Returns the number of clips in the largest batch that fits into memory.

    The number per device is one of `CLIPS_PER_DEVICE`. The whole batch has at most `MOST_CLIPS`
    clips, unless there are more devices than that.

    Args:
        network: The network to train.
        free_bytes: Free memory of each device, in bytes.
        devices: The devices that share each batch.

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
    """Estimates how many bytes training needs for each clip of a batch.

    The estimate is rather too high: all values count as float32, although some of them take half
    of that with mixed precision.
    """
    values = 0
    for layer in network.layers:
        gates = GATES if isinstance(layer, keras.layers.ConvLSTM2D) else 1
        values += gates * math.prod(layer.output.shape[1:])
    return 4 * COPIES_OF_OUTPUTS * values
