"""The names under which the regimes of a camera, such as its days and its nights, are kept."""

import re


def regime_name(camera: str, number: int) -> str:
    """Returns the name of a regime of a camera.

    Args:
        camera: Name of the camera.
        number: 0-based number of the regime. The first one has the name of the camera.
    """
    return f"{camera} (regime {number + 1})" if number else camera


def learnt_regime_name(camera: str, digest: str) -> str:
    """Returns the name of a regime that was learnt while the camera was watched.

    Args:
        camera: Name of the camera.
        digest: Eight hexadecimal digits that no other regime has.
    """
    return f"{camera} (learnt regime {digest})"


def learnt_digest(regime: str) -> str:
    """Returns the digits in a name that `learnt_regime_name` gave; empty for any other name."""
    found = re.search(r" \(learnt regime ([0-9a-f]{8})\)$", regime)
    return found[1] if found else ""


def camera_of(regime: str) -> str:
    """Returns the name of the camera that a regime belongs to."""
    return re.sub(r" \((regime [0-9]+|learnt regime [0-9a-f]{8})\)$", "", regime)
