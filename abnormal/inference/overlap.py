"""Overlapping clips share the computation on the frames that they have in common."""

from typing import NamedTuple

import keras

from abnormal.inference.runtimes import RUNTIMES, Compute
from abnormal.models.network_parts import split_network
from abnormal.scoring.residual import WARM_UP_FRAMES


class SplitNetwork(NamedTuple):
    """A network in two parts, of which the first computes each frame only once.

    Attributes:
        encode: Computes features `(n, ...)` of frames `(n, height, width, 1)` float32 in [0, 1].
        decode: Reconstructs the last frames of clips, `(n, hop + 1, height, width, 1)` float32 in
            [0, 1], from the features of all their frames, `(n, T, ...)`.
    """

    encode: Compute
    decode: Compute


class Overlap(NamedTuple):
    """How clips that overlap are reconstructed.

    Attributes:
        hop: Frames from the start of one clip to the start of the next.
        split: The network in two parts; None if each clip is computed as a whole, because that is
            faster or because the network cannot be split.
    """

    hop: int
    split: SplitNetwork | None


def make_overlap(network: keras.Sequential, runtime: str, hop: int) -> Overlap:
    """Prepares a network for clips that overlap.

    Args:
        network: The stock network.
        runtime: A name in `RUNTIMES`.
        hop: Frames from the start of one clip to the start of the next, less than a clip's length.
    """
    shown = hop + 1  # the change of a residual needs one more frame of the same clip
    after_warm_up = network.input_shape[1] - WARM_UP_FRAMES
    parts = split_network(network, shown) if shown < after_warm_up else None
    if parts is None:
        return Overlap(hop, None)
    compute = RUNTIMES[runtime]
    return Overlap(hop, SplitNetwork(compute(parts.encoder), compute(parts.decoder)))
