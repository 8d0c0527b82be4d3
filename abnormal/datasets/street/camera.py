"""The fixed camera: where a point of the street appears in the picture, and how large.

A pinhole camera without tilt whose horizon lies above the picture, so upright things stay upright.
The street's coordinates are metres: `x` to the right, `z` away from the camera, `height` upwards.
"""

import numpy as np

WIDTH = 360
HEIGHT = 240
FPS = 25.0

_HORIZON_Y_PX = -90.0
_CENTRE_X_PX = 180.0
_FOCAL_PX = 560.0
_CAMERA_HEIGHT_M = 10.5


def project(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find where points of the street appear.

    Args:
        points: `(n, 3)` float, metres: x, z (more than 0), height.

    Returns:
        `(n, 2)` float, x and y in pixels, where pixel i covers i to i + 1; and
        `(n,)` float, the pixels per metre there.
    """
    px_per_m = _FOCAL_PX / points[:, 1]
    x_px = _CENTRE_X_PX + points[:, 0] * px_per_m
    y_px = _HORIZON_Y_PX + (_CAMERA_HEIGHT_M - points[:, 2]) * px_per_m
    return np.stack([x_px, y_px], axis=1), px_per_m


def ground_at(x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the place on the ground that a pixel shows.

    Args:
        x_px: Pixels from the picture's left edge, any shape.
        y_px: Pixels from its top edge, same shape; below the horizon.

    Returns:
        x and z in metres, of that shape.
    """
    z = _FOCAL_PX * _CAMERA_HEIGHT_M / (y_px - _HORIZON_Y_PX)
    return (x_px - _CENTRE_X_PX) * z / _FOCAL_PX, z


def half_width_m(z: float) -> float:
    """Tell how far to the left and right the camera sees at distance `z`, all in metres."""
    return _CENTRE_X_PX * z / _FOCAL_PX


def view_depth(points: np.ndarray) -> np.ndarray:
    """Rank points by their distance from the camera, which looks down at about 18 degrees.

    Args:
        points: `(n, 3)` float, metres: x, z, height.

    Returns:
        `(n,)` float, larger is farther.
    """
    return points[:, 1] - 0.33 * points[:, 2]
