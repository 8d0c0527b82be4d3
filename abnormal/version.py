"""The version of this package, and those of the packages that it is installed with."""

import contextlib
from collections.abc import Iterable

__version__ = "0.1.0"


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Returns the versions of this package and of those named that are installed, importing none.

    Args:
        names: Names under which packages are distributed. Several may stand for one package.
    """
    import importlib.metadata  # slower than everything else in this module

    found = {"abnormal": __version__}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
