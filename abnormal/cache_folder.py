"""The folder for files that can be made again at any time."""

import os
import re
import shutil
from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{32}(\.\w+)?")
"""Name of a file that is kept under a hash. Files of others, such as OpenVINO's own, may lie beside
it."""


def cache_folder() -> Path:
    """Returns the user's cache folder of this program, which may not exist yet.

    It is `$ABNORMAL_CACHE` or, if that is not set, `~/.cache/abnormal`.
    """
    return Path(os.environ.get("ABNORMAL_CACHE") or Path.home() / ".cache" / "abnormal")


def remove_unused(folder: Path, keep: int) -> None:
    """Removes the files that were not used for longest, of those that are kept under a hash.

    Args:
        folder: The folder, which exists. Nothing else in it is touched.
        keep: Number of files to keep.
    """
    ours = (one for one in folder.iterdir() if _HASH.fullmatch(one.name))
    for old in sorted(ours, key=_last_used)[:-keep]:
        if old.is_dir():  # of earlier versions
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)


def _last_used(path: Path) -> float:
    """Returns when a file was last used, in seconds since 1970; 0 if another process removed it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
