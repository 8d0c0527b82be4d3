"""Notes a video that shows nothing, such as one whose lens is covered or whose depth is misread."""

from collections.abc import Iterator

from abnormal.video.stream import Frame, FrameStream

LEAST_RANGE = 16
"""Footage whose grey levels, 0 to 255, all lie within so many is called nearly flat."""

_STEP_PX = 8
"""One pixel in so many, along both sides, is looked at, which costs next to nothing."""


def note_if_flat(stream: FrameStream) -> Iterator[Frame]:
    """Passes on the frames of a stream, and adds a note to it if all of them are nearly flat."""
    low, high = 255, 0
    for frame in stream.frames:
        if high - low < LEAST_RANGE:
            some = frame.image[::_STEP_PX, ::_STEP_PX]
            low, high = min(low, int(some.min())), max(high, int(some.max()))
        yield frame
    if 0 <= high - low < LEAST_RANGE:
        stream.notes.append(f"nearly flat: all its grey levels lie between {low} and {high} of 255")
