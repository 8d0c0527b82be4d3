import contextlib
import functools
import hashlib
import http.server
import io
import re
import threading
import time
import zipfile

import pytest

from abnormal.datasets.download import DOWNLOADS, Archive, DownloadSource, download
from abnormal.errors import AbnormalError


def packed(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


CONTENT = packed({"Set/a.txt": "a" * 3_000_000, "Set/b.txt": "b"})
SECOND = packed({"second/c.txt": "c"})


class Host(http.server.ThreadingHTTPServer):
    """A web server on the loopback address with the faults that real ones have."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {"/set/a.zip": CONTENT, "/set/b.zip": SECOND}
        self.takes_ranges = True
        self.break_off_after = []  # bytes, for one answer each
        self.errors = []  # status, for one answer each
        self.shift = 0  # of the answer to a range
        self.ranges = []
        self.drips = False  # a byte at a time, without end and without a length

    def handle_error(self, *_):
        pass  # a client that gives up is no error of a host

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/set"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        host, content = self.server, self.server.files.get(self.path)
        host.ranges.append(self.headers.get("Range"))
        status = host.errors.pop(0) if host.errors else 200 if content is not None else 404
        if status != 200:
            self.send_error(status)
            return
        if host.drips:
            self._drip()
            return
        start = 0
        if host.takes_ranges and (asked := self.headers.get("Range")):
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) - host.shift
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = start + host.break_off_after.pop(0) if host.break_off_after else len(content)
        self.wfile.write(content[start:stop])
        self.wfile.flush()
        self.close_connection = stop < len(content)

    def _drip(self):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b"a" * self.server.drips)
                time.sleep(0.01)

    def log_message(self, *_):
        pass


@pytest.fixture
def host():
    with Host() as host:
        thread = threading.Thread(target=host.serve_forever, args=(0.01,))
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@pytest.fixture
def source(host):
    archives = (("a.zip", CONTENT), ("b.zip", SECOND))
    return DownloadSource(
        host.url,
        tuple(Archive(name, hashlib.sha256(content).hexdigest()) for name, content in archives),
    )


class Shown:
    """Keeps how far each file is, in place of `Progress`."""

    def __init__(self, told, unit, total, title, done):
        assert unit == "B"
        self._told, self._total, self._title, self._done = told, total, title, done

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def advance(self, count):
        self._done += count
        self._told.append((self._title, self._done, self._total))


def fetch(source, folder, **options):
    told, waits = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("abnormal.datasets.download.Progress", functools.partial(Shown, told))
        download(source, folder, wait=waits.append, **options)
    return told, waits


def unpacked(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


WHOLE = [".a.zip.unpacked", ".b.zip.unpacked", "Set/a.txt", "Set/b.txt", "second/c.txt"]


def test_archives_are_fetched_and_unpacked(tmp_path, host, source):
    told, waits = fetch(source, tmp_path / "data" / "set")
    assert unpacked(tmp_path / "data" / "set") == WHOLE
    assert (tmp_path / "data" / "set" / "Set" / "a.txt").read_text() == "a" * 3_000_000
    assert told[-2:] == [
        ("a.zip", len(CONTENT), len(CONTENT)),
        ("b.zip", len(SECOND), len(SECOND)),
    ]
    sizes = [size for name, size, _ in told if name == "a.zip"]
    assert sizes == sorted(sizes)
    assert (host.ranges, waits) == ([None, None], [])


def test_what_is_there_is_not_fetched_again(tmp_path, host, source):
    fetch(source, tmp_path)
    fetch(source, tmp_path)
    assert len(host.ranges) == 2


def test_a_connection_that_breaks_off_is_taken_up_where_it_ended(tmp_path, host, source):
    host.break_off_after = [1_000_000, 0, 500_000]
    told, waits = fetch(source, tmp_path)
    assert unpacked(tmp_path) == WHOLE
    assert host.ranges == [None, "bytes=1000000-", "bytes=1000000-", "bytes=1500000-", None]
    assert waits == [1, 2, 1]
    assert told[-2][1:] == (len(CONTENT), len(CONTENT))


def test_a_later_run_goes_on_where_a_killed_one_ended(tmp_path, host, source):
    (tmp_path / ".a.zip.part").write_bytes(CONTENT[:2_000_000])
    fetch(source, tmp_path)
    assert unpacked(tmp_path) == WHOLE
    assert host.ranges == ["bytes=2000000-", None]


def test_a_whole_file_is_not_fetched_again(tmp_path, host, source):
    (tmp_path / ".a.zip.part").write_bytes(CONTENT)
    fetch(source, tmp_path)
    assert unpacked(tmp_path) == WHOLE


@pytest.mark.parametrize("fault", ["no ranges", "another range", "longer"])
def test_a_host_that_does_not_go_on_gives_all_again(tmp_path, host, source, fault):
    (tmp_path / ".a.zip.part").write_bytes(CONTENT[:1000])
    if fault == "no ranges":
        host.takes_ranges = False
    elif fault == "another range":
        host.shift = 10
    else:
        (tmp_path / ".a.zip.part").write_bytes(CONTENT + b"more")
    fetch(source, tmp_path)
    assert unpacked(tmp_path) == WHOLE


def test_wrong_bytes_are_refused_and_removed(tmp_path, host, source):
    host.files["/set/a.zip"] = CONTENT[:-1] + b"x"
    with pytest.raises(AbnormalError, match=r"a\.zip from .* SHA-256 is \w{64}, expected \w{64}"):
        fetch(source, tmp_path)
    assert list(tmp_path.iterdir()) == []
    host.files["/set/a.zip"] = CONTENT
    fetch(source, tmp_path)
    assert unpacked(tmp_path) == WHOLE


def test_a_host_that_never_ends_is_given_up_and_the_part_is_kept(tmp_path, host, source):
    host.break_off_after = [1000] + [0] * 20
    with pytest.raises(AbnormalError, match=r"1000 bytes are kept: the same command goes on"):
        fetch(source, tmp_path)
    assert unpacked(tmp_path) == [".a.zip.part"]
    host.break_off_after = []
    fetch(source, tmp_path)
    assert host.ranges[-2] == "bytes=1000-"


def test_a_host_that_is_busy_is_asked_again(tmp_path, host, source):
    host.errors = [503, 500]
    _, waits = fetch(source, tmp_path)
    assert (unpacked(tmp_path), waits) == (WHOLE, [2, 4])


def test_a_dead_link_says_so_at_once(tmp_path, host, source):
    del host.files["/set/a.zip"]
    with pytest.raises(AbnormalError, match=r"/set/a\.zip cannot be fetched: 404.*--url"):
        fetch(source, tmp_path)
    assert len(host.ranges) == 1


def test_a_mirror(tmp_path, host, source):
    fetch(DownloadSource("http://127.0.0.1:1/gone/", source.archives), tmp_path, url=f"{host.url}/")
    assert unpacked(tmp_path) == WHOLE


def test_no_host_at_all(tmp_path, source):
    with pytest.raises(
        AbnormalError, match=r"cannot be fetched \(.*refused\)\. If the host.*with --url"
    ):
        fetch(source, tmp_path, url="http://127.0.0.1:1/")


def test_no_address(tmp_path, source):
    with pytest.raises(AbnormalError, match="is no address that can be fetched"):
        fetch(source, tmp_path, url="mirror")


def test_a_copy_on_a_disk_serves_as_a_mirror(tmp_path, source):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "a.zip").write_bytes(CONTENT)
    (tmp_path / "mirror" / "b.zip").write_bytes(SECOND)
    fetch(source, tmp_path / "data", url=(tmp_path / "mirror").as_uri())
    assert unpacked(tmp_path / "data") == WHOLE


def test_the_published_archives():
    names = {archive.name for source in DOWNLOADS.values() for archive in source.archives}
    assert names == {"Avenue_Dataset.zip", "ground_truth_demo.zip", "UCSD_Anomaly_Dataset.tar.gz"}
    sums = [archive.sha256 for source in DOWNLOADS.values() for archive in source.archives]
    assert all(re.fullmatch(r"[0-9a-f]{64}", checksum) for checksum in sums)


def test_a_body_without_end_is_given_up_and_removed(tmp_path, source, host, monkeypatch):
    monkeypatch.setattr(f"{download.__module__}.LARGEST_BYTES", 5 << 20)
    host.drips = 1 << 20
    with pytest.raises(AbnormalError, match="is larger than 5 MB"):
        fetch(source, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_length_that_cannot_be_is_refused_at_once(tmp_path, source, monkeypatch):
    monkeypatch.setattr(f"{download.__module__}.LARGEST_BYTES", 10)
    with pytest.raises(AbnormalError, match="is larger than 0 MB"):
        fetch(source, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_sends_a_byte_at_a_time_is_given_up(tmp_path, source, host, monkeypatch):
    monkeypatch.setattr(f"{download.__module__}.TIMEOUT_SEC", 0.2)
    monkeypatch.setattr(f"{download.__module__}.ATTEMPTS", 1)
    host.drips, host.takes_ranges = 1, False
    part = tmp_path / ".a.zip.part"
    part.write_bytes(b"a" * 1000)  # so much is not reached again
    with pytest.raises(AbnormalError, match=r"cannot be fetched \(\d+ bytes in 0.2 s\)"):
        fetch(source, tmp_path)
