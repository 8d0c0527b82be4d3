"""Overlapping clips share the computation on the frames that they have in common."""

import functools
from typing import TYPE_CHECKING, NamedTuple

from abnormal.inference.runtimes import RUNTIMES, Compute
from abnormal.models.lazy_network import RECURRENT, LazyNetwork, Part
from abnormal.scoring.residual import WARM_UP_FRAMES

if TYPE_CHECKING:
    from abnormal.models.network_parts import NetworkParts


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


def make_overlap(network: LazyNetwork, runtime: str, hop: int, clip_length: int) -> Overlap:
    """Prepares a network for clips that overlap.

    Args:
        network: The stock network.
        runtime: A name in `RUNTIMES`.
        hop: Frames from the start of one clip to the start of the next, less than a clip's length.
        clip_length: Number of frames in a clip.
    """
    shown = hop + 1  # the change of a residual needs one more frame of the same clip
    if shown >= clip_length - WARM_UP_FRAMES or RECURRENT not in network.layers:
        return Overlap(hop, None)

    @functools.cache
    def parts() -> "NetworkParts":
        from abnormal.models.network_parts import split_network  # imports Keras

        return split_network(network.keras, shown)

    compute = RUNTIMES[runtime]
    encoder = network.part_of(Part(0), lambda: parts().encoder)
    decoder = network.part_of(Part(shown), lambda: parts().decoder)
    return Overlap(hop, SplitNetwork(compute(encoder), compute(decoder)))
