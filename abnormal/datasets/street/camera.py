"""The fixed camera: where a point of the street appears in the picture, and how large.

It is a pinhole camera without tilt. The horizon lies above the picture, so that vertical lines stay
vertical. Coordinates of the street are in metres: `x` to the right, `z` away from the camera,
`height` upwards.
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
    """Projects points of the street onto the picture.

    Args:
        points: `(n, 3)` float: x, z and height in metres; z is positive.

    Returns:
        `(n, 2)` float, x and y in pixels, where pixel i covers i to i + 1; and
        `(n,)` float, the scale at each point in pixels per metre.
    """
    px_per_m = _FOCAL_PX / points[:, 1]
    x_px = _CENTRE_X_PX + points[:, 0] * px_per_m
    y_px = _HORIZON_Y_PX + (_CAMERA_HEIGHT_M - points[:, 2]) * px_per_m
    return np.stack([x_px, y_px], axis=1), px_per_m


def ground_at(x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finds the place on the ground that a pixel shows.

    Args:
        x_px: Distances from the left edge of the picture in pixels, of any shape.
        y_px: Distances from the top edge in pixels, of the same shape; below the horizon.

    Returns:
        x and z in metres, each of the same shape.
    """
    z = _FOCAL_PX * _CAMERA_HEIGHT_M / (y_px - _HORIZON_Y_PX)
    return (x_px - _CENTRE_X_PX) * z / _FOCAL_PX, z


def half_width_m(z: float) -> float:
    """Returns how far the camera sees to the left and right at the distance `z`, in metres."""
    return _CENTRE_X_PX * z / _FOCAL_PX


def view_depth(points: np.ndarray) -> np.ndarray:
    """Returns depths by which points are sorted, for a camera that looks down about 18 degrees.

    Args:
        points: `(n, 3)` float: x, z and height in metres.

    Returns:
        `(n,)` float, larger for points that are farther away.
    """
    return points[:, 1] - 0.33 * points[:, 2]
