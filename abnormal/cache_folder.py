"""The folder for files that can be made again at any time."""

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from abnormal.errors import AbnormalError

_HASH = re.compile(r"[0-9a-f]{32}(\.\w+)?")
"""Name of a file that is kept under a hash. Files of others, such as OpenVINO's own, may lie beside
it."""


def cache_folder() -> Path:
    """Returns the user's cache folder of this program, which may not exist yet.

    It is `$ABNORMAL_CACHE` or, if that is not set, `~/.cache/abnormal`. A user without a home
    directory, as in a container, has a folder of their own beside other temporary files.

    Raises:
        AbnormalError: There is no home directory, and that folder is not the user's alone.
    """
    if chosen := os.environ.get("ABNORMAL_CACHE"):
        return Path(chosen)
    try:
        return Path.home() / ".cache" / "abnormal"
    except RuntimeError:
        return _own_temporary_folder()


def _own_temporary_folder() -> Path:
    """Returns a folder into which nobody else can have put a file."""
    try:
        folder = Path(tempfile.gettempdir()) / f"abnormal-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        state = folder.lstat()
        if (
            stat.S_ISDIR(state.st_mode)
            and state.st_uid == os.getuid()
            and not state.st_mode & 0o022
        ):
            return folder
        problem = f"{folder} is not yours alone"
    except OSError as error:
        problem = str(error)
    raise AbnormalError(
        f"There is no home directory for the cache, and {problem}. Set ABNORMAL_CACHE to a folder "
        "for it."
    )


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
