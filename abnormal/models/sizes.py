"""Which sizes of a frame a network can give back."""

from collections.abc import Callable

from abnormal.errors import AbnormalError


def require_size(arch: str, size: int, fits: Callable[[int], bool]) -> None:
    """Makes sure that a network can give back frames of a size.

    Args:
        arch: Name of the network.
        size: Height and width, in pixels.
        fits: Whether the network can give back a size.

    Raises:
        AbnormalError: It cannot; the message has the nearest sizes that it can.
    """
    if fits(size):
        return
    others = filter(fits, range(1, size + 200))
    near = sorted(others, key=lambda other: abs(other - size))[:4]
    raise AbnormalError(
        f"Frames of {size}x{size} cannot be reproduced by the {arch} network. "
        f"Sizes near it that can: {', '.join(map(str, sorted(near)))}."
    )
