"""The token without which a page that other machines can reach shows nothing."""

import contextlib
import os
import re
import secrets
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.reading import read_bytes
from abnormal.replacing import writing

FILE_NAME = "page-token"
"""Name of the file of the token in the folder of results."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")


def access_token(folder: Path) -> str:
    """Reads the token of a folder of results, or makes one and keeps it there.

    Only the user of this program may read the file.

    Args:
        folder: The folder of results.

    Raises:
        AbnormalError: The file cannot be read or written, or what is in it is no token.
    """
    path = folder / FILE_NAME
    with writing(path):
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(f"{secrets.token_urlsafe(24)}\n")
        path.chmod(0o600)
        token = read_bytes(path, 1000).decode(errors="replace").strip()
    if not _TOKEN.fullmatch(token):
        raise AbnormalError(
            f"{path} has no token for --page. Expected: 16 to 200 letters, digits, '-' and '_' in "
            "one line. Delete the file, and a new token is made."
        )
    return token
