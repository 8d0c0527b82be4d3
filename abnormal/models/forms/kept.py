"""The forms that were chosen on this machine, in the user's cache folder.

    ~/.cache/abnormal/forms/
      0123abcd.json     what was measured and chosen, under a hash of what it was made for

A file is complete or absent, and says in words what it was made for. One that is damaged costs
another measurement and nothing else.
"""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from abnormal import checks
from abnormal.cache_folder import cache_folder, remove_unused
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, read_json, write_json

KEEP = 100
"""Number of files that the cache keeps, those used last."""

log = logging.getLogger(__name__)


def forms_folder() -> Path:
    """Returns the folder of these files, which may not exist yet."""
    return cache_folder() / "forms"


def read_forms(
    made_for: Mapping[str, Any], check: Callable[[Sequence[str]], None]
) -> tuple[str, ...] | None:
    """Returns the forms of the layers that were chosen earlier; None if none were.

    Args:
        made_for: What the choice depends on, as JSON can store it.
        check: Raises `ValueError` if the network has no such forms.
    """
    path = _path_of(made_for)
    if not path.exists():
        return None
    try:
        kept = checks.mapping("the file", read_json(path))
        if kept.get("made_for") != made_for:
            raise ValueError("it was made for something else")
        entries = checks.sequence("layers", kept["layers"])
        named = (checks.mapping("a layer", entry)["form"] for entry in entries)
        forms = tuple(checks.text("a form", name) for name in named)
        check(forms)
    except (AbnormalError, ValueError, KeyError) as error:
        log.warning("%s is damaged (%s), and is measured again", path, error)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return forms


def keep_forms(made_for: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> None:
    """Keeps a choice, and removes those that were not used for long.

    Args:
        made_for: What the choice depends on, as JSON can store it.
        layers: What is to be kept of each layer, with its `form`.

    Raises:
        AbnormalError: The file cannot be written.
    """
    path = _path_of(made_for)
    make_folder(path.parent)
    write_json(path, {"made_for": made_for, "layers": layers})
    remove_unused(path.parent, KEEP)


def _path_of(made_for: Mapping[str, Any]) -> Path:
    text = json.dumps(made_for, sort_keys=True)
    return forms_folder() / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
