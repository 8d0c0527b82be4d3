"""The version of this package, and those of the packages that it is installed with."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

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


def code_digest() -> str:
    """Returns the SHA-256 of this package's code, which changes more often than its version does.

    Between two releases, a checkout may be another one after each update.
    """
    import hashlib

    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
