"""Footage for the tests: tiny, in real formats, and every frame tells its own number."""

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest
import scipy.io

from abnormal import urls
from abnormal.frames.manifest import VideoRecord, write_manifest, write_record
from abnormal.frames.writer import write_frames
from abnormal.video.stream import Frame

DARK, BRIGHT, STRIPES = 25, 230, 8
PIXEL_FORMATS = {"mjpeg": "yuvj420p", "ffv1": "gray"}


# Files whose tests start programs or send signals to themselves; begun first, they do not keep one
# core waiting at the end, and no earlier test has changed how signals are handled.
LONG = (
    "test_chaos.py",
    "test_faults.py",
    "test_hosts.py",
    "test_jax.py",
    "test_notebook.py",
    "test_programs.py",
    "test_replicas.py",
    "test_resume.py",
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(autouse=True)
def _no_known_secrets(monkeypatch):
    """A test begins without the secrets of the tests before it."""
    monkeypatch.setattr(urls, "_known", {})


@pytest.fixture(autouse=True)
def _messages_as_in_a_library():
    """A test begins with a silent library, whatever programs ran before it or in its fixtures."""
    package = logging.getLogger("abnormal")
    package.handlers[:], package.level, package.propagate = [logging.NullHandler()], 0, True
    package.manager._clear_cache()  # of which levels are enabled


def _picture_of(number, height=32, width=48):
    """Eight upright stripes, dark or bright: the bits of the number."""
    bits = np.arange(width) * STRIPES // width
    row = np.where(number >> bits & 1, BRIGHT, DARK).astype(np.uint8)
    return np.tile(row, (height, 1))


def _number_of(picture):
    """The number that a picture tells; every row has to tell the same one."""
    middles = ((np.arange(STRIPES) + 0.5) * picture.shape[1] / STRIPES).astype(int)
    numbers = (picture[:, middles] > (DARK + BRIGHT) / 2) @ (1 << np.arange(STRIPES))
    assert len(set(numbers)) == 1, f"rows of several frames in one picture: {numbers}"
    return int(numbers[0])


def _make_video(
    path, frames=20, height=32, width=48, fps=25, codec="mpeg4", times_ms=None, pictures=None
):
    """Encodes frames 0, 1, ... with PyAV; `times_ms` are their times in place of a fixed rate."""
    if pictures is None:
        pictures = [_picture_of(number, height, width) for number in range(frames)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = PIXEL_FORMATS.get(codec, "yuv420p")
        if times_ms:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(pictures):
            kind = "gray" if picture.ndim == 2 else "rgb24"
            frame = av.VideoFrame.from_ndarray(picture, format=kind)
            if times_ms:
                frame.pts, frame.time_base = times_ms[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _make_pictures(folder, frames=12, names="{:03d}.png", height=32, width=48):
    """Writes frames 0, 1, ... as single pictures with Pillow."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(frames):
        picture = PIL.Image.fromarray(_picture_of(number, height, width))
        picture.save(folder / names.format(number))
    return folder


def _save_cells(path, name, cells):
    """Writes a MATLAB cell array with one row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.empty((1, len(cells)), object)
    array[0] = [np.asarray(cell) for cell in cells]
    scipy.io.savemat(path, {name: array})
    return path


def _make_img(img, lengths, size=16):
    """Writes videos such as `{"training/01": 12}` as preprocess.py would."""
    for number, (place, frames) in enumerate(lengths.items()):
        split, video = place.split("/", 1)
        folder = img / place
        folder.mkdir(parents=True)
        write_frames(
            folder, (Frame(_picture_of(k, size, size), k / 25, k) for k in range(frames)), size
        )
        source = {"sha256": f"{number}"}
        write_record(folder, VideoRecord(split, video, frames, 25.0, size, size, source=source))
    return write_manifest(img)[0]


def _decoded(path):
    """A video's stream, and its frames as `(height, width, 3)`, red first, with their times."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [
            (frame.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray(), frame.time)
            for frame in container.decode(stream)
        ]
        return stream, [picture for picture, _ in frames], [time for _, time in frames]


@contextlib.contextmanager
def _dask_cluster(folder, workers=3, path=Path(__file__).parents[1], tries=3, wait=True):
    """A Dask scheduler and its workers as processes; gives its address.

    Args:
        folder: For its files.
        workers: How many.
        path: Where the workers find the package.
        tries: After how many deaths a task is given up.
        wait: Until the workers are there.
    """
    file = folder / "scheduler.json"
    env = {
        **os.environ,
        "PYTHONPATH": str(path),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(tries - 1),
        "DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING": "False",
    }
    common = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file)]
    module = [sys.executable, "-m", "distributed.cli.dask_"]
    scheduler = [*module[:2], f"{module[2]}scheduler", "--port", "0", *common]
    worker = [*module[:2], f"{module[2]}worker", "--no-nanny", "--nthreads", "1", *common]
    with contextlib.ExitStack() as ending:

        def start(command, log):
            out = ending.enter_context((folder / log).open("wb"))
            process = subprocess.Popen(command, env=env, cwd=folder, stdout=out, stderr=out)
            ending.enter_context(process)
            ending.callback(process.kill)

        start(scheduler, "scheduler.log")
        for number in range(workers):
            start([*worker, "--name", str(number)], f"worker{number}.log")
        deadline = time.monotonic() + 60
        while not file.exists() or (wait and _registered(folder) < workers):
            assert time.monotonic() < deadline, (folder / "scheduler.log").read_text()
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"]


def _registered(folder):
    return (folder / "scheduler.log").read_text().count("Register worker")


@pytest.fixture(scope="session")
def dask_cluster():
    return _dask_cluster


@pytest.fixture(scope="session")
def decoded():
    return _decoded


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """No test reads or fills the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABNORMAL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def picture_of():
    return _picture_of


@pytest.fixture(scope="session")
def number_of():
    return _number_of


@pytest.fixture(scope="session")
def make_video():
    return _make_video


@pytest.fixture(scope="session")
def make_pictures():
    return _make_pictures


@pytest.fixture(scope="session")
def save_cells():
    return _save_cells


@pytest.fixture(scope="session")
def make_img():
    return _make_img


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium")
    if not program:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark", "phone"])
def look(request):
    """The options of a browser's context, as people have them."""
    if request.param == "phone":
        size = {"width": 390, "height": 844}
        return {"viewport": size, "is_mobile": True, "has_touch": True}
    return {"viewport": {"width": 1280, "height": 900}, "color_scheme": request.param}


@pytest.fixture
def wrong():
    """What a browser complains of, and what a page asks of others: nothing."""
    found = []
    yield found
    assert found == []
