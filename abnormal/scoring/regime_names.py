"""The names under which the regimes of a camera, such as its days and its nights, are kept."""

import re


def regime_name(camera: str, number: int) -> str:
    """Returns the name of a regime of a camera.

    Args:
        camera: Name of the camera.
        number: 0-based number of the regime. The first one has the name of the camera.
    """
    return f"{camera} (regime {number + 1})" if number else camera


def camera_of(regime: str) -> str:
    """Returns the name of the camera that a regime belongs to; see `regime_name`."""
    return re.sub(r" \(regime [0-9]+\)$", "", regime)
