"""`--batch-size auto`: finds the largest batch that fits into the free memory."""

import dataclasses
import logging
import math
from collections.abc import Iterator

import keras

from abnormal.errors import AbnormalError
from abnormal.names import AUTO_BATCH_SIZE
from abnormal.training.checkpoints import begun_state
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
    options: TrainingOptions, network: keras.Model, devices: Devices = ONE_DEVICE
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
        AbnormalError: Not even one clip fits, the amount of free memory is unknown, the network
            does not tell the shapes of its layers, or all checkpoints are damaged.
    """
    if options.batch_size != AUTO_BATCH_SIZE:
        return options
    state = {} if options.restart else begun_state(options.checkpoints)
    if kept := state.get("options", {}).get("batch_size"):
        number = int(kept)
        log.info("batches of %d clips, as in the checkpoints", number)
    else:
        free = free_bytes_per_device(devices.on_this_host)
        number = min(devices.gather(largest_batch(network, free, devices)))
        log.info(
            "batches of %d clips, for which there is memory (%.1f GiB free)", number, free / 2**30
        )
    return dataclasses.replace(options, batch_size=number)


def largest_batch(network: keras.Model, free_bytes: int, devices: Devices = ONE_DEVICE) -> int:
    """Returns the number of clips in the largest batch that fits into memory.

    The number per device is one of `CLIPS_PER_DEVICE`. The whole batch has at most `MOST_CLIPS`
    clips, unless there are more devices than that.

    Args:
        network: The network to train.
        free_bytes: Free memory of each device, in bytes.
        devices: The devices that share each batch.

    Raises:
        AbnormalError: Not even one clip fits, or the network does not tell the shapes of its
            layers.
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


def clip_bytes(network: keras.Model) -> int:
    """Estimates how many bytes training needs for each clip of a batch.

    The estimate is rather too high: all values count as float32, although some of them take half
    of that with mixed precision.

    Raises:
        AbnormalError: The network does not tell the shapes of its layers, as a class of its own or
            one that takes clips of any size does not.
    """
    values = 0
    try:
        for layer in _layers_in(network):
            gates = GATES if isinstance(layer, keras.layers.ConvLSTM2D) else 1
            for output in keras.tree.flatten(layer.output):
                values += gates * math.prod(output.shape[1:])
    except (AttributeError, TypeError, ValueError):
        raise AbnormalError(
            f"How much memory the network {network.name} needs cannot be told, because it does not "
            "tell the shapes of its layers. Give --batch-size a number of clips."
        ) from None
    return 4 * COPIES_OF_OUTPUTS * values


def _layers_in(network: keras.Model) -> Iterator[keras.Layer]:
    """Yields the layers of a network, and those of networks inside it in place of these."""
    if not network.layers:
        raise ValueError("a class of its own may compute without layers")
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers_in(layer)
        else:
            yield layer
