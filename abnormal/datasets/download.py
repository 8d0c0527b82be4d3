"""Fetches the archives of a data set, and goes on where it was interrupted.

The owners of CUHK Avenue and UCSD publish their archives without checksums; those below are of the
files that others have published since, and tell a whole archive from a damaged one.
"""

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from abnormal.datasets.unpack import unpack
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, sha256
from abnormal.progress import Progress

BLOCK = 1 << 18
TIMEOUT_SEC = 60
ATTEMPTS = 5
"""After so many connections in a row without a single byte a download is given up."""


@dataclass(frozen=True)
class Archive:
    """A file to be fetched and unpacked.

    Attributes:
        name: The name of the file, which follows the address of the data set.
        sha256: The SHA-256 of its contents, in hexadecimal digits.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """Where a data set is published.

    Attributes:
        url: The address that the names of its archives are relative to.
        archives: All archives of the data set.
    """

    url: str
    archives: tuple[Archive, ...]


DOWNLOADS = {
    "avenue": Source(
        "http://www.cse.cuhk.edu.hk/leojia/projects/detectabnormal/",
        (
            Archive(
                "Avenue_Dataset.zip",
                "fc9cb8432a11ca79c18aa180c72524011411b69d3b0ff27c8816e41c0de61531",
            ),
            Archive(
                "ground_truth_demo.zip",
                "60fec1728ec8f73a58aad3aeb5729d70a805a47e0b8eb4bf91ab67ef06386d77",
            ),
        ),
    ),
    "ucsd": Source(
        "http://www.svcl.ucsd.edu/projects/anomaly/",
        (
            Archive(
                "UCSD_Anomaly_Dataset.tar.gz",
                "2329af326951f5097fdd114c50e853957d3e569493a49d22fc082a9fd791915b",
            ),
        ),
    ),
}


def download(
    source: Source,
    folder: Path,
    url: str | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Fetches and unpacks what is not there yet.

    Args:
        source: A value of `DOWNLOADS`.
        folder: Where the contents of the archives go. While an archive is fetched it lies there
            under a hidden name, so that a later call goes on where this one was interrupted.
        url: A mirror, in place of the address of the data set.
        wait: Sleeps; between attempts.

    Raises:
        AbnormalError: The host does not answer, or gives something else than the archive.
    """
    make_folder(folder)
    address = (url or source.url).rstrip("/") + "/"
    for archive in source.archives:
        done = folder / f".{archive.name}.unpacked"
        if done.is_file():
            continue
        part = folder / f".{archive.name}.part"
        _fetch(urllib.parse.urljoin(address, archive.name), part, archive.name, wait)
        _verify(part, archive, address)
        unpack(part, folder)
        done.write_text(f"{archive.sha256}\n")
        part.unlink()


def _verify(part: Path, archive: Archive, address: str) -> None:
    found = sha256(part)
    if found != archive.sha256:
        part.unlink()  # going on with it would never end well
        raise AbnormalError(
            f"{archive.name} from {address} is not the published one: its SHA-256 is {found}, "
            f"expected {archive.sha256}. It was removed; try again, or another mirror with --url."
        )


def _fetch(url: str, part: Path, name: str, wait: Callable[[float], None]) -> None:
    """Appends to a file until it is whole, from where it ends."""
    idle = 0
    problem: object = ""
    while idle < ATTEMPTS:
        before = _size(part)
        try:
            if _fetch_rest(url, part, name):
                return
            problem = "the connection broke off"
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise AbnormalError(
                    f"{url} cannot be fetched: {error.code} {error.reason}. "
                    "Name a mirror with --url."
                ) from None
            problem = f"{error.code} {error.reason}"
        except ValueError as error:
            raise AbnormalError(f"{url} is no address that can be fetched ({error}).") from None
        except (OSError, http.client.HTTPException) as error:
            problem = getattr(error, "reason", error)
        idle = 0 if _size(part) > before else idle + 1
        wait(2.0**idle)
    raise AbnormalError(
        f"{url} cannot be fetched ({problem}). {_size(part)} bytes are kept: the same command goes "
        "on from there. If the host is gone, name a mirror with --url."
    )


def _fetch_rest(url: str, part: Path, name: str) -> bool:
    """Appends what one connection brings; returns whether the file is whole."""
    begun = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={begun}-"} if begun else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_SEC)
    except urllib.error.HTTPError as error:
        if begun and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if (error.headers.get("Content-Range") or "").endswith(f"/{begun}"):
                return True
            part.unlink()  # longer than what the host has: another file
            return False
        raise
    with response:
        start = _start(response)
        if start != begun:  # the host takes no ranges, or another one
            begun = 0
            if start:
                part.unlink()
                return False
        rest = int(response.headers.get("Content-Length") or 0)
        total = begun + rest if rest else 0
        with (
            part.open("ab" if begun else "wb") as file,
            Progress("B", total, name, begun) as progress,
        ):
            _copy(response, file, progress)
    return _size(part) >= begun + rest


def _start(response: Any) -> int:
    """Returns at which byte of the file an answer begins."""
    found = (response.headers.get("Content-Range") or "").removeprefix("bytes ").partition("-")[0]
    return int(found) if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0


def _copy(response: BinaryIO, file: BinaryIO, progress: Progress) -> None:
    while block := response.read(BLOCK):
        file.write(block)
        progress.advance(len(block))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
