"""Downloads the archives of a data set, and resumes an interrupted download.

The owners of CUHK Avenue and UCSD publish their archives without checksums. The checksums below are
those of copies that others have published, and tell a complete archive from a damaged one.
"""

import contextlib
import http.client
import logging
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abnormal.datasets.unpack import unpack
from abnormal.errors import AbnormalError
from abnormal.files import make_folder, sha256
from abnormal.progress import Progress
from abnormal.urls import parse_url
from abnormal.web import http_request, open_request

BLOCK = 1 << 18
"""Number of bytes that are read at once."""

TIMEOUT_SEC = 60
"""A host that sends nothing for this many seconds is taken to have lost the connection."""

LEAST_BYTES = TIMEOUT_SEC << 10
"""So is one that sends fewer bytes than this in that time: it would take days for an archive."""

LARGEST_BYTES = 4 << 30
"""No archive is larger than this; a body without end would fill the disk."""

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""A download fails after this many consecutive connections that bring no data."""


@dataclass(frozen=True)
class Archive:
    """A file to download and unpack.

    Attributes:
        name: Name of the file, relative to the address of the data set.
        sha256: SHA-256 of the file as hexadecimal digits.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class DownloadSource:
    """Where a data set is published.

    Attributes:
        url: Address that the names of the archives are relative to.
        archives: All archives of the data set.
    """

    url: str
    archives: tuple[Archive, ...]


DOWNLOADS: dict[str, DownloadSource] = {
    "avenue": DownloadSource(
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
    "ucsd": DownloadSource(
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
    source: DownloadSource,
    folder: Path,
    url: str | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Downloads and unpacks those archives of a data set that have not been unpacked yet.

    Args:
        source: A value of `DOWNLOADS`.
        folder: Folder for the contents of the archives. An archive is downloaded to a hidden file
            in it, so that a later call can resume an interrupted download.
        url: Address of a mirror to use instead of `source.url`.
        wait: Function that sleeps for a number of seconds; it is called between attempts.

    Raises:
        AbnormalError: The host does not answer, or the file that it sends is not the archive.
    """
    make_folder(folder)
    address = (url or source.url).rstrip("/") + "/"
    for archive in source.archives:
        done = folder / f".{archive.name}.unpacked"
        if done.is_file():
            continue
        part = folder / f".{archive.name}.part"
        _fetch(f"{address}{archive.name}", part, archive.name, wait)
        _verify(part, archive, address)
        unpack(part, folder)
        done.write_text(f"{archive.sha256}\n")
        part.unlink()


def _verify(part: Path, archive: Archive, address: str) -> None:
    found = sha256(part)
    if found != archive.sha256:
        part.unlink()  # resuming it could never succeed
        raise AbnormalError(
            f"{archive.name} from {address} is not the published one: its SHA-256 is {found}, "
            f"expected {archive.sha256}. It was removed; try again, or another mirror with --url."
        )


def _fetch(url: str, part: Path, name: str, wait: Callable[[float], None]) -> None:
    """Downloads a file, starting at the end of what is there, with new attempts after failures."""
    idle = 0
    problem: object = ""
    while idle < ATTEMPTS:
        before = _file_size(part)
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
        idle = 0 if _file_size(part) > before else idle + 1
        if idle < ATTEMPTS:
            log.info("%s: %s; trying again in %.0f s", name, problem, 2.0**idle)
            wait(2.0**idle)
    kept = _file_size(part)
    again = f" {kept} bytes are kept: the same command goes on from there." if kept else ""
    raise AbnormalError(
        f"{url} cannot be fetched ({problem}).{again} If the host is gone, name a mirror, or "
        "another one, with --url."
    )


def _fetch_rest(url: str, part: Path, name: str) -> bool:
    """Appends the rest of a file over one connection; returns whether the file is complete now."""
    offset = _file_size(part)
    request = _request(url)
    if offset:
        request.add_header("Range", f"bytes={offset}-")
    with contextlib.ExitStack() as opened:
        try:
            response = opened.enter_context(open_request(request, TIMEOUT_SEC, redirects=True))
        except urllib.error.HTTPError as error:
            if offset and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                if (error.headers.get("Content-Range") or "").endswith(f"/{offset}"):
                    return True
                part.unlink()  # it is longer than the file of the host, so it is another file
                return False
            raise
        start = _first_byte(response)
        if start != offset:  # the host does not support ranges, or sends another range
            offset = 0
            if start:
                part.unlink()
                return False
        rest = int(response.headers.get("Content-Length") or 0)
        _require_size(offset + rest, url, part)
        total = offset + rest if rest else 0
        file = opened.enter_context(part.open("ab" if offset else "wb"))
        progress = opened.enter_context(Progress("B", total, name, offset))
        for block in _blocks(response):
            file.write(block)
            progress.advance(len(block))
            _require_size(file.tell(), url, part)
    return _file_size(part) >= offset + rest


def _request(url: str) -> urllib.request.Request:
    if url.startswith(("http://", "https://")):
        return http_request(parse_url(url, "the mirror"))
    return urllib.request.Request(url)


def _require_size(size: int, url: str, part: Path) -> None:
    if size > LARGEST_BYTES:
        part.unlink(missing_ok=True)
        raise AbnormalError(
            f"{url} is larger than {LARGEST_BYTES >> 20} MB, and so is none of the archives. Name "
            "a mirror with --url."
        )


def _first_byte(response: Any) -> int:
    """Returns the offset in the file at which a response starts."""
    found = (response.headers.get("Content-Range") or "").removeprefix("bytes ").partition("-")[0]
    return int(found) if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0


def _blocks(response: Any) -> Iterator[bytes]:
    """Reads a response as it comes.

    Raises:
        TimeoutError: It comes too slowly.
    """
    read_once = getattr(response, "read1", response.read)
    begun_sec, count = time.monotonic(), 0
    while block := read_once(BLOCK):
        yield block
        count += len(block)
        if time.monotonic() - begun_sec > TIMEOUT_SEC:
            if count < LEAST_BYTES:
                raise TimeoutError(f"{count} bytes in {TIMEOUT_SEC} s")
            begun_sec, count = time.monotonic(), 0


def _file_size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
