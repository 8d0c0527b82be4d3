"""A decoded picture as 8-bit grey, or in colours for people, upright."""

import av
import cv2
import numpy as np

_FULL_RANGE = 2  # AVCOL_RANGE_JPEG

# Formats whose first plane is the brightness in 8 bits: it is taken as it is, which is an order of
# magnitude faster than to have all three planes converted, and the same to the last bit.
_BRIGHTNESS_FIRST = {
    *("gray", "nv12", "nv21", "yuva420p"),
    *("yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv444p"),
    *("yuvj420p", "yuvj422p", "yuvj444p"),
}
_ALWAYS_FULL_RANGE = {"gray", "yuvj420p", "yuvj422p", "yuvj444p"}

_STRETCHED = np.clip((np.arange(256) - 16) * 255 / 219 + 0.5, 0, 255).astype(np.uint8)
"""From the range of television, 16 to 235, to 0 to 255 (ITU-R BT.601)."""


def to_grey(picture: av.VideoFrame) -> np.ndarray:
    """The brightness of a picture, over the whole range and turned as its camera was held.

    Returns:
        `(height, width)` uint8.
    """
    return upright(_brightness(picture), picture)


def to_rgb(picture: av.VideoFrame) -> np.ndarray:
    """A picture in colours, turned as its camera was held.

    Returns:
        `(height, width, 3)` uint8, red first.
    """
    return upright(picture.to_ndarray(format="rgb24"), picture)


def upright(image: np.ndarray, picture: av.VideoFrame) -> np.ndarray:
    """An image of a picture, turned as its camera was held."""
    quarter_turns = round(picture.rotation / 90)
    return np.rot90(image, quarter_turns) if quarter_turns % 4 else image


def _brightness(picture: av.VideoFrame) -> np.ndarray:
    kind, plane = picture.format.name, picture.planes[0]
    if kind not in _BRIGHTNESS_FIRST or plane.line_size < plane.width:
        return picture.to_ndarray(format="gray")
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
    image = rows[:, : plane.width]
    if kind in _ALWAYS_FULL_RANGE or picture.color_range == _FULL_RANGE:
        return image
    return cv2.LUT(image, _STRETCHED)
