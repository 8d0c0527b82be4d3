"""Checks that a network can reproduce frames of a size."""

from collections.abc import Callable

from abnormal.errors import AbnormalError


def require_size(arch: str, size: int, can_reproduce: Callable[[int], bool]) -> None:
    """Makes sure that a network can reproduce frames of a size.

    Strided layers round sizes, so that most sizes come out of the decoder changed.

    Args:
        arch: Name of the network.
        size: Height and width of a frame in pixels.
        can_reproduce: Whether the output of the network has the same size as its input.

    Raises:
        AbnormalError: It cannot. The message lists the nearest sizes that it can reproduce.
    """
    if can_reproduce(size):
        return
    others = filter(can_reproduce, range(1, size + 200))
    near = sorted(others, key=lambda other: abs(other - size))[:4]
    raise AbnormalError(
        f"Frames of {size}x{size} cannot be reproduced by the {arch} network. "
        f"Sizes near it that can: {', '.join(map(str, sorted(near)))}. Choose one with --size; the "
        "frames under img/ may have any size."
    )
