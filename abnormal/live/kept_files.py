"""Finds the files that are kept of events: those that may be deleted, and no others.

A file is one of them if it has a name that this program gives to what it keeps of events, and lies
in the folder in which it keeps that.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from abnormal.live.clock import format_stamp
from abnormal.live.dismiss import CELLS
from abnormal.live.event import ANOMALY, DISCONNECTED
from abnormal.live.gate import FAULTS
from abnormal.live.outbox import NUMBER
from abnormal.live.recorder import CLIPS, THUMBNAILS

_KINDS = "|".join((ANOMALY, DISCONNECTED, *FAULTS))
_EVENT = rf"(?P<id>(?!\.).+-(?P<stamp>[0-9]{{8}}T[0-9]{{6}}\.[0-9]{{3}}Z)-(?:{_KINDS}))"
_MESSAGE = rf"{NUMBER}-{_EVENT}-(?:opened|updated|closed|amended)(?:-.+)?\.json"
_QUEUES = ("webhook", "mqtt")

# By a folder in the folder of results, the names of the files in it that may be deleted.
KEPT = {THUMBNAILS: rf"{_EVENT}\.jpg", CLIPS: rf"{_EVENT}\.mp4", CELLS: rf"{_EVENT}\.npz"}
KEPT |= {f"{queue}/refused": _MESSAGE for queue in _QUEUES}
WAITING = dict.fromkeys(_QUEUES, _MESSAGE)

log = logging.getLogger(__name__)


class KeptFile(NamedTuple):
    """A file that is kept of an event.

    Attributes:
        stamp: When the event began; see `abnormal.live.clock.format_stamp`. If the identifier has
            a time that has not come, because the clock was ahead, it is when the file was written.
        event: Identifier of the event.
        size: Length in bytes.
        device: Number of the file system that it is in.
        path: The file.
    """

    stamp: str
    event: str
    size: int
    device: int
    path: Path


def kept_files(output: Path, patterns: Mapping[str, str], utc: float) -> Iterator[KeptFile]:
    """Yields the files that are kept of events, in any order.

    Args:
        output: The folder of results.
        patterns: `KEPT`, or `WAITING` for messages that nobody has received yet.
        utc: The present time, in seconds since 1970.
    """
    for name, pattern in patterns.items():
        try:
            yield from _files_in(output / name, pattern, utc)
        except FileNotFoundError:
            continue
        except OSError as error:  # the other folders are looked at in any case
            log.warning("%s cannot be read: %s", output / name, error.strerror)


def size_of(files: Iterable[KeptFile]) -> int:
    """Returns how many bytes files take together."""
    return sum(file.size for file in files)


def _files_in(folder: Path, pattern: str, utc: float) -> Iterator[KeptFile]:
    now = format_stamp(utc)
    with os.scandir(folder) as entries:
        for entry in entries:
            found = re.fullmatch(pattern, entry.name)
            if found and entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                of_file = status.st_size, status.st_dev, Path(entry.path)
                stamp = found["stamp"]
                if stamp > now:
                    stamp = format_stamp(min(status.st_mtime, utc))
                yield KeptFile(stamp, found["id"], *of_file)
