"""Cuts things that move out of normal footage, changes them, and puts them into other footage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import scipy.ndimage

SHORTEST_SEC = 3.0
"""A thing must have been followed for so long, in seconds."""

BORDER_PX = 3
"""A thing that is closer to the border of the picture may be cut off, and does not count."""

SMALLEST_PX = 40
"""A thing has at least so many pixels."""

LARGEST_SHARE = 0.05
"""A thing covers at most this share of the picture. Larger ones are often several things."""

SAME_SIZE = 1.6
"""Largest ratio of a thing's areas in two consecutive frames. Where it is larger, two things have
met or parted."""

COMMON_SHARE = 0.4
"""Smallest share of a thing's pixels that belong to it in the next frame, too."""


@dataclass(frozen=True)
class View:
    """A thing in one frame.

    Attributes:
        pixels: `(height, width)` uint8, the part of the frame around the thing.
        mask: `(height, width)` bool, True for the pixels of the thing.
        top: Row of the upper left corner. It may be outside of the frame.
        left: Column of that corner.
    """

    pixels: np.ndarray
    mask: np.ndarray
    top: int
    left: int


Thing = Sequence[View]
"""A thing in consecutive frames."""


def cut_out_things(frames: np.ndarray, foreground: np.ndarray, fps: float) -> list[Thing]:
    """Cuts out the things that move through a piece of footage, each alone.

    Args:
        frames: `(n, height, width)` uint8.
        foreground: The same shape, bool, True where something differs from the background.
        fps: Frames per second.

    Returns:
        The things that were followed for at least `SHORTEST_SEC` and moved by more than their own
        size, the one that was followed longest first.
    """
    ended: list[list[View]] = []
    followed: list[list[View]] = []
    for frame, mask in zip(frames, foreground, strict=True):
        views = list(_views(frame, mask))
        going_on = []
        for thing in followed:
            same = max(views, key=lambda view: _overlap(thing[-1], view), default=None)
            if same is not None and _is_same(thing[-1], same):
                going_on.append([*thing, same])
                views = [view for view in views if view is not same]
            else:
                ended.append(thing)
        followed = going_on + [[view] for view in views]
    things = [thing for thing in ended + followed if len(thing) >= SHORTEST_SEC * fps]
    return sorted(filter(_has_moved, things), key=len, reverse=True)


def faster(thing: Thing) -> Thing:
    """Returns a thing that moves twice as fast."""
    return thing[::2]


def larger(thing: Thing) -> Thing:
    """Returns a thing that is twice as large and has its feet at the same place."""
    grown = []
    for view in thing:
        height, width = view.mask.shape
        size = (2 * width, 2 * height)
        pixels = cv2.resize(view.pixels, size, interpolation=cv2.INTER_LINEAR)
        mask = cv2.resize(view.mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        grown.append(View(pixels, mask, view.top - height, view.left - width // 2))
    return grown


def elsewhere(thing: Thing, usual: np.ndarray, step: int, draw: np.random.Generator) -> Thing:
    """Returns a thing that moves where things seldom are.

    Args:
        thing: The thing.
        usual: `(height, width)` of any float type, how often there is something at each pixel.
        step: The thing is moved by a multiple of so many pixels.
        draw: Draws one of the tenth of all places where things are the least. Which of several
            places where they are equally seldom belong to the tenth is drawn, too.
    """
    height, width = usual.shape
    tops = np.array([view.top for view in thing])
    lefts = np.array([view.left for view in thing])
    bottoms = tops + [view.mask.shape[0] for view in thing]
    rights = lefts + [view.mask.shape[1] for view in thing]
    rows, columns = (tops + bottoms) // 2, (lefts + rights) // 2
    places = [
        (float(usual[rows + down, columns + across].max()), down, across)
        for down in range(-(tops.min() // step) * step, height - bottoms.max() + 1, step)
        for across in range(-(lefts.min() // step) * step, width - rights.max() + 1, step)
    ]
    rank = draw.integers(-(-len(places) // 10))
    # In most pictures nothing ever moves in much more than a tenth of all places.
    draw.shuffle(places)
    places.sort(key=lambda place: place[0])
    _, down, across = places[rank]
    return [View(view.pixels, view.mask, view.top + down, view.left + across) for view in thing]


def standing(thing: Thing, frames: int) -> Thing:
    """Returns a thing that stops in the middle of its way, and stands there for so many frames."""
    half = len(thing) // 2
    return [*thing[:half], *[thing[half]] * frames]


def put_into(frames: np.ndarray, thing: Thing, first: int, fade: int) -> np.ndarray:
    """Puts a thing into other footage.

    It appears gradually. Nothing comes out of nowhere in real footage, and whether that is found is
    no question.

    Args:
        frames: `(n, height, width)` uint8.
        thing: The thing, for at most n - `first` frames.
        first: 0-based number of the first frame with it.
        fade: Number of frames after which it is wholly there, at least 1.

    Returns:
        A copy of the frames with the thing.
    """
    changed = frames.copy()
    height, width = frames.shape[1:]
    for number, (frame, view) in enumerate(zip(changed[first:], thing, strict=False)):
        weight = min(1.0, (number + 1) / fade)
        rows = slice(max(0, view.top), min(height, view.top + view.mask.shape[0]))
        columns = slice(max(0, view.left), min(width, view.left + view.mask.shape[1]))
        inside = (
            slice(rows.start - view.top, rows.stop - view.top),
            slice(columns.start - view.left, columns.stop - view.left),
        )
        mask = view.mask[inside]
        place = frame[rows, columns]
        place[mask] = np.rint(place[mask] * (1 - weight) + view.pixels[inside][mask] * weight)
    return changed


def _views(frame: np.ndarray, mask: np.ndarray) -> Iterator[View]:
    """Yields everything in the foreground that is neither tiny, nor huge, nor cut off."""
    height, width = frame.shape
    labels, _ = scipy.ndimage.label(scipy.ndimage.binary_closing(mask, iterations=2))
    for label, place in enumerate(scipy.ndimage.find_objects(labels), start=1):
        rows, columns = place
        inside = labels[place] == label
        is_whole = (
            min(rows.start, columns.start) >= BORDER_PX
            and max(rows.stop - height, columns.stop - width) <= -BORDER_PX
        )
        if is_whole and SMALLEST_PX <= inside.sum() <= LARGEST_SHARE * frame.size:
            yield View(frame[place].copy(), inside, rows.start, columns.start)


def _is_same(before: View, after: View) -> bool:
    areas = sorted((int(before.mask.sum()), int(after.mask.sum())))
    return areas[1] <= SAME_SIZE * areas[0] and _overlap(before, after) >= COMMON_SHARE * areas[0]


def _overlap(one: View, other: View) -> int:
    """Returns the number of pixels that two views have in common."""
    top, left = max(one.top, other.top), max(one.left, other.left)
    bottom = min(one.top + one.mask.shape[0], other.top + other.mask.shape[0])
    right = min(one.left + one.mask.shape[1], other.left + other.mask.shape[1])
    if bottom <= top or right <= left:
        return 0
    first, second = (
        view.mask[top - view.top : bottom - view.top, left - view.left : right - view.left]
        for view in (one, other)
    )
    return int((first & second).sum())


def _has_moved(thing: Thing) -> bool:
    first, last = thing[0], thing[-1]
    moved = max(abs(last.top - first.top), abs(last.left - first.left))
    return moved > max(first.mask.shape)
