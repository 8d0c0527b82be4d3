"""Converts a decoded picture to 8-bit grey, or to colour for people, and turns it upright."""

import struct

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideData, SideDataContainer

_FULL_RANGE = 2  # FFmpeg's AVCOL_RANGE_JPEG

# Pixel formats whose first plane is the luma in 8 bits. Taking it as it is is an order of magnitude
# faster than converting all three planes, with a result that is the same to the last bit.
_LUMA_FIRST = {
    *("gray", "nv12", "nv21", "yuva420p"),
    *("yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv444p"),
    *("yuvj420p", "yuvj422p", "yuvj444p"),
}
_ALWAYS_FULL_RANGE = {"gray", "yuvj420p", "yuvj422p", "yuvj444p"}

_TO_FULL_RANGE = np.clip((np.arange(256) - 16) * 255 / 219 + 0.5, 0, 255).astype(np.uint8)
"""`(256,)` uint8: maps the limited range of video, 16 to 235, to 0 to 255 (ITU-R BT.601)."""


def to_grey(picture: av.VideoFrame) -> np.ndarray:
    """Returns the brightness of a picture, turned and mirrored as its metadata says.

    Returns:
        `(height, width)` uint8, over the full range 0 to 255.
    """
    return upright(_luma(picture), picture)


def to_rgb(picture: av.VideoFrame) -> np.ndarray:
    """Converts a picture to colour, turned and mirrored as its metadata says.

    Returns:
        `(height, width, 3)` uint8, red first.
    """
    return upright(picture.to_ndarray(format="rgb24"), picture)


def upright(image: np.ndarray, picture: av.VideoFrame) -> np.ndarray:
    """Turns and mirrors an image as the metadata of its picture asks for.

    Args:
        image: `(height, width)` or `(height, width, 3)` of any type.
        picture: The decoded picture that the image was made from.
    """
    matrix = _display_matrix(picture)
    if matrix is None:
        return image
    # A point (x, y) is shown at (a x + c y, b x + d y), in fixed point.
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    if abs(b) + abs(c) > abs(a) + abs(d):
        image, x_sign, y_sign = image.swapaxes(0, 1), c, b
    else:
        x_sign, y_sign = a, d
    return image[:: -1 if y_sign < 0 else 1, :: -1 if x_sign < 0 else 1]


def is_upright(picture: av.VideoFrame) -> bool:
    """Whether a picture is shown as it is stored."""
    return _display_matrix(picture) is None


def _display_matrix(picture: av.VideoFrame) -> SideData | None:
    # Not `picture.side_data`: the picture would refer to it, and it to the picture, so that decoded
    # pictures would fill the memory until the next collection of garbage.
    return SideDataContainer(picture).get("DISPLAYMATRIX")  # type: ignore[call-arg]


def _luma(picture: av.VideoFrame) -> np.ndarray:
    kind, plane = picture.format.name, picture.planes[0]
    if kind not in _LUMA_FIRST or plane.line_size < plane.width:
        return picture.to_ndarray(format="gray")
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
    image = rows[:, : plane.width]
    if kind in _ALWAYS_FULL_RANGE or picture.color_range == _FULL_RANGE:
        return image
    return cv2.LUT(image, _TO_FULL_RANGE)
