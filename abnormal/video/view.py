"""Tells whether two pictures show the same view in the same kind of light.

What is compared is the structure of small blocks. The gain and the level of each block are divided
out, so that dusk, exposure and clouds change little. People and vehicles cover some of the blocks,
and the others tell. In an infrared picture, leaves are bright and the sky is dark, so that blocks
have another structure than by day. In a picture of a camera that has been turned they have, too.
"""

import itertools

import cv2
import numpy as np

SIDE_PX = 64
"""Pictures are compared at this height and width, in pixels."""

BLOCK_PX = 8
"""Height and width of a block, in pixels of the small picture."""

REACH_PX = 2
"""A picture may have moved by so many pixels of the small picture, 3 % of its side."""

CONTRAST = 3.0
"""A block with a standard deviation above this has structure, in grey levels."""

LEAST_CONTRAST = 0.5
"""Standard deviation that a block of the other picture has at least, in grey levels. Otherwise what
is compared with it would be noise."""

LEAST_BLOCKS = 8
"""A view with fewer blocks that have structure cannot be told from others."""

BLOCK_CORRELATION = 0.6
"""Blocks show the same if their correlation is above this."""

HOPELESS = 0.2
"""If no more blocks show the same at any of the coarse shifts, the others are not tried."""

_COARSE = [*itertools.product(range(0, 2 * REACH_PX + 1, 2), repeat=2)]
_FINE = [shift for shift in np.ndindex(2 * REACH_PX + 1, 2 * REACH_PX + 1) if shift not in _COARSE]


def shrink(picture: np.ndarray) -> np.ndarray:
    """Makes the small picture that `View` compares, `(SIDE_PX, SIDE_PX)` float32.

    Args:
        picture: `(height, width)` uint8, grey.
    """
    size = (SIDE_PX, SIDE_PX)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)


class View:
    """What a camera shows, to compare other pictures with.

    Args:
        picture: `(height, width)` uint8, what it shows when nobody is there.

    Attributes:
        is_plain: Whether there is too little structure to tell the view from others.
    """

    def __init__(self, picture: np.ndarray) -> None:
        blocks, norms = _blocks(shrink(picture))
        self._chosen = norms > CONTRAST * BLOCK_PX
        self._blocks, self._norms = blocks[self._chosen], norms[self._chosen]
        self._last: tuple[int, ...] = (REACH_PX, REACH_PX)
        self.is_plain = len(self._blocks) < LEAST_BLOCKS

    def likeness(self, small: np.ndarray, enough: float = 1.0) -> float:
        """Computes how much of the view a picture shows.

        Args:
            small: `(SIDE_PX, SIDE_PX)` float32 of `shrink`.
            enough: A likeness that is high enough, so that no higher one is looked for.

        Returns:
            The share of the blocks with structure that the picture shows, too, when it has moved
            so far that most of them do; 0 to 1.
        """
        border = (REACH_PX,) * 4
        padded = cv2.copyMakeBorder(small, *border, cv2.BORDER_REPLICATE)
        best = 0.0
        for shifts in ([self._last], _COARSE, _FINE):  # it usually is where it was the last time
            for shift in shifts:
                found = self._likeness_at(padded, shift)
                if found > best:
                    best, self._last = found, shift
                if best >= enough:
                    return best
            if shifts is _COARSE and best < HOPELESS:
                break
        return best

    def _likeness_at(self, padded: np.ndarray, shift: tuple[int, ...]) -> float:
        top, left = shift
        blocks, norms = _blocks(padded[top : top + SIDE_PX, left : left + SIDE_PX], self._chosen)
        products = np.einsum("ij,ij->i", blocks, self._blocks)
        least = LEAST_CONTRAST * BLOCK_PX
        same = products > BLOCK_CORRELATION * self._norms * np.maximum(norms, least)
        return float(same.mean()) if len(same) else 0.0


def _blocks(
    small: np.ndarray, chosen: np.ndarray | slice = slice(None)
) -> tuple[np.ndarray, np.ndarray]:
    """Returns blocks less their means, `(n, pixels)` float32, and their norms, `(n,)` float32."""
    count = SIDE_PX // BLOCK_PX
    grid = small.reshape(count, BLOCK_PX, count, BLOCK_PX).swapaxes(1, 2)
    blocks = grid.reshape(count * count, BLOCK_PX * BLOCK_PX)[chosen]
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    return blocks, np.sqrt(np.einsum("ij,ij->i", blocks, blocks))
