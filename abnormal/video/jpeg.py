"""JPEG encoding and decoding of pictures that are kept for people to look at."""

import cv2
import numpy as np

from abnormal.errors import AbnormalError

QUALITY = 80
"""JPEG quality of all pictures that are kept for people, from 0 to 100."""


def to_jpeg(picture: np.ndarray) -> bytes:
    """Encodes a picture as JPEG.

    Args:
        picture: `(height, width)` uint8, grey, or `(height, width, 3)` uint8, red first.
    """
    bgr = picture[..., ::-1] if picture.ndim == 3 else picture
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()


def from_jpeg(data: bytes) -> np.ndarray:
    """Decodes a JPEG, which may come from a camera and be damaged.

    Returns:
        `(height, width, 3)` uint8, red first.

    Raises:
        AbnormalError: The JPEG cannot be decoded.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise AbnormalError("a picture of the camera is damaged")
    return picture[..., ::-1]
