"""`--batch-size auto`: the largest batch whose training fits the memory that is free."""

import dataclasses
import math
from collections.abc import Callable

import keras

from abnormal.errors import AbnormalError
from abnormal.names import AUTO_BATCH_SIZE
from abnormal.training.checkpoints import newest_checkpoint
from abnormal.training.hosts import Hosts
from abnormal.training.memory import device_bytes
from abnormal.training.options import TrainingOptions

SIZES = (64, 32, 16, 8, 4, 2, 1)
MOST = 64  # clips in all; with more, an epoch would be too few steps
SHARE = 0.5  # of what is free; the rest is for the libraries, the frames, and others
# Of each layer's output: itself, its gradient, and what is made on the way to them. Measured on a
# processor (docs/PERFORMANCE.md) it is 3 for the default network, and 2 for stcae.
COPIES = 4
GATES = 4  # a ConvLSTM computes so many pictures of the size of its output
WEIGHTS = 4  # each weight has a gradient and Adam's two means


def settled(
    options: TrainingOptions,
    network: keras.Sequential,
    replicas: int,
    hosts: Hosts,
    say: Callable[[str], None],
) -> TrainingOptions:
    """The options with a number of clips in a batch, the same on all hosts.

    A run that is gone on with keeps its number, whatever is free now.

    Args:
        options: What is asked for.
        network: To be trained.
        replicas: Devices that share a batch, on all hosts together.
        hosts: Those that train together.
        say: Tells the user the number.

    Raises:
        AbnormalError: Not even one clip fits, it is not known what is free, or all checkpoints
            are damaged.
    """
    if options.batch_size != AUTO_BATCH_SIZE:
        return options
    # Of damaged checkpoints the user is told where the run goes on.
    begun = None if options.restart else newest_checkpoint(options.checkpoints, lambda text: None)
    if begun:
        number = int(begun.state["options"]["batch_size"])
        say(f"batches of {number} clips, as in the checkpoints")
    else:
        free = device_bytes(replicas // hosts.count)
        number = min(hosts.gather(largest_batch(network, free, replicas)))
        say(f"batches of {number} clips, for which there is memory ({free / 2**30:.1f} GiB free)")
    return dataclasses.replace(options, batch_size=number)


def largest_batch(network: keras.Sequential, free: int, replicas: int = 1) -> int:
    """The largest batch that fits: one of `SIZES` on each device, `MOST` in all where it can be.

    Args:
        network: To be trained.
        free: Bytes on each device.
        replicas: Devices that share a batch.

    Raises:
        AbnormalError: None fits.
    """
    room = SHARE * free - 4 * WEIGHTS * network.count_params()
    clip = clip_bytes(network)
    for size in SIZES:
        if size * clip <= room and size <= max(1, MOST // replicas):
            return size * replicas
    raise AbnormalError(
        f"There is not enough memory: a clip of this network needs {clip / 2**20:.0f} MiB beside "
        f"the weights, and of the {free / 2**20:.0f} MiB free half is left to all else. Choose a "
        "smaller --size or --clip-length, or close what else uses the memory."
    )


def clip_bytes(network: keras.Sequential) -> int:
    """About what training needs for each clip of a batch, too much rather than too little.

    All is counted as float32; of mixed precision a part is half of that.
    """
    values = 0
    for layer in network.layers:
        gates = GATES if isinstance(layer, keras.layers.ConvLSTM2D) else 1
        values += gates * math.prod(layer.output.shape[1:])
    return 4 * COPIES * values
