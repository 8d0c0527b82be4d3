"""The folder for files that can be made again at any time."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Returns the user's cache folder of this program, which may not exist yet.

    It is `$ABNORMAL_CACHE` or, if that is not set, `~/.cache/abnormal`.
    """
    return Path(os.environ.get("ABNORMAL_CACHE") or Path.home() / ".cache" / "abnormal")
