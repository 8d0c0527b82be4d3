"""The names under which the regimes of a camera, such as its days and its nights, are kept."""

import re


def regime_name(camera: str, number: int) -> str:
    """Returns the name of a regime of a camera.

    Args:
        camera: Name of the camera.
        number: 0-based number of the regime. The first one has the name of the camera.
    """
    return f"{camera} (regime {number + 1})" if number else camera


def learnt_regime_name(camera: str, number: int) -> str:
    """Returns the name of a regime that was learnt while the camera was watched.

    Args:
        camera: Name of the camera.
        number: Number of the regime's file, from 1 on.
    """
    return f"{camera} (learnt regime {number})"


def learnt_number(regime: str) -> int | None:
    """Returns the number in a name that `learnt_regime_name` gave; None for any other name."""
    found = re.search(r" \(learnt regime ([0-9]{1,3})\)$", regime)
    return int(found[1]) if found else None


def camera_of(regime: str) -> str:
    """Returns the name of the camera that a regime belongs to."""
    return re.sub(r" \((learnt )?regime [0-9]+\)$", "", regime)
