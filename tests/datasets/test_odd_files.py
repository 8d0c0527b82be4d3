"""Two hundred deliberately odd files in one folder: all that can be used is, the rest is named."""

import re
import wave
from fractions import Fraction

import av
import numpy as np
import PIL.Image
import pytest

from abnormal.cli.preprocess import main
from abnormal.frames.manifest import read_manifest
from abnormal.frames.reader import read_frames

FRAMES = 12
GOOD = ""
ANYTHING = ".*"
"""Bytes that are wrong somewhere in the middle: what comes of it is the decoder's business."""

KINDS = [
    *[("mp4", codec, "yuv420p") for codec in ("mpeg4", "libx264")],
    *[("mkv", "ffv1", kind) for kind in ("gray", "gray16le", "yuv420p10le", "bgr0", "yuv444p")],
    *[("mkv", "libx264", kind) for kind in ("yuv420p", "yuv444p", "yuv422p", "yuvj420p")],
    *[("mov", "mpeg4", "yuv420p"), ("avi", "mjpeg", "yuvj420p"), ("avi", "ffv1", "gray")],
    *[("avi", "rawvideo", "bgr24"), ("avi", "huffyuv", "yuv422p"), ("avi", "png", "rgba")],
    *[("webm", "libvpx", "yuv420p"), ("ts", "libx264", "yuv420p"), ("flv", "flv", "yuv420p")],
    *[("mpg", "mpeg2video", "yuv420p"), ("mov", "png", "rgb24")],
]
SIZES = [(32, 48), (16, 64), (130, 34)]

NAMES = ["with space", "Straße", "カメラ１", "камера", "émile", "🎥", "a'b\"c", "-v", "a%03d",
         "a:b", "cam1:gate", "a.b.c", "UPPER", "x" * 120, "tab\tin", "(1)", "[a-z]",
         "$HOME", "~", "#1", "a,b", "a;b", "a&b", "*", "?"]  # fmt: skip

PICTURES = [
    *[("png", mode, {}) for mode in ("L", "RGB", "RGBA", "LA", "P", "I;16", "1")],
    *[("tif", mode, {}) for mode in ("L", "RGB", "RGBA", "I;16", "CMYK")],
    *[("tif", mode, {"compression": "tiff_lzw"}) for mode in ("L", "RGB", "I;16")],
    *[("jpg", mode, {"quality": 95}) for mode in ("L", "RGB", "CMYK")],
    *[("bmp", "L", {}), ("bmp", "RGB", {}), ("pgm", "L", {}), ("webp", "RGB", {"quality": 95})],
    *[("TIFF", "L", {}), ("JPEG", "RGB", {"quality": 95}), ("tiff", "L", {"compression": "jpeg"})],
]


class Folder:
    """Makes files, and remembers what is expected of each: a pattern of its problem."""

    def __init__(self, root, picture_of):
        self.root = root
        self.picture_of = picture_of
        self.expected = {}
        self.whole = set()

    def video(self, name, container, codec, kind, size=(32, 48), times=None):
        height, width = size
        path = self.root / f"{name}.{container}"
        with av.open(f"file:{path}", "w") as file:
            track = file.add_stream(codec, rate=25)
            track.height, track.width, track.pix_fmt, track.gop_size = height, width, kind, 4
            track.bit_rate = 2_000_000
            for number in range(FRAMES):
                picture = self.picture_of(number, height, width)
                frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=kind)
                if times:
                    frame.pts, frame.time_base = times[number], Fraction(1, 25)
                file.mux(track.encode(frame))
            file.mux(track.encode())
        self.expect(path, GOOD, whole=True)
        return path

    def pictures(self, name, suffix, mode, options, sizes=((32, 48),)):
        folder = self.root / name
        folder.mkdir()
        for number in range(FRAMES):
            picture = PIL.Image.fromarray(self.picture_of(number, *sizes[number % len(sizes)]))
            if mode == "I;16":
                picture = PIL.Image.fromarray(np.array(picture).astype(np.uint16) * 257)
            picture = picture.convert(mode, dither=PIL.Image.Dither.NONE)
            picture.save(folder / f"frame {number}.{suffix}", **options)
        self.expect(folder, GOOD, whole=True)
        return folder

    def expect(self, path, problem, whole=False):
        self.expected[path] = problem
        (self.whole.add if whole else self.whole.discard)(path)


def good_ones(folder):
    for place, (container, codec, kind) in enumerate(KINDS):
        for height, width in SIZES:
            folder.video(f"good {place} {height}", container, codec, kind, (height, width))
    for name in NAMES:
        folder.video(name, "mkv", "mpeg4", "yuv420p")
    for place, (suffix, mode, options) in enumerate(PICTURES):
        folder.pictures(f"pictures {place}", suffix, mode, options)
    folder.pictures("sizes", "png", "L", {}, [(32, 48), (48, 64), (33, 81)])


def broken_ones(folder):
    whole = {"avi": ("mjpeg", "yuvj420p"), "mkv": ("ffv1", "gray"), "mp4": ("mpeg4", "yuv420p")}
    for container, (codec, kind) in whole.items():
        for share in range(1, 10):
            path = folder.video(f"cut {share}", container, codec, kind)
            path.write_bytes(path.read_bytes()[: path.stat().st_size * share // 10])
            folder.expect(
                path, r"truncated|not a video that can be read|no frame in it|no video in"
            )
    draw = np.random.default_rng(0)
    for number in range(24):
        container = ["avi", "mkv", "mp4"][number % 3]
        path = folder.video(f"noise {number}", container, *whole[container])
        content = np.frombuffer(path.read_bytes(), np.uint8).copy()
        places = draw.integers(0, len(content), 1 + number * 3)
        content[places] = draw.integers(0, 256, len(places))
        path.write_bytes(content.tobytes())
        folder.expect(path, ANYTHING)
    nothing = [b"", b"\n", b"hello\n" * 99, b"<html>404</html>", bytes(5000), b"RIFF" + bytes(99)]
    for number, content in enumerate([*nothing, draw.bytes(5000), b"\x1a\x45\xdf\xa3" + bytes(99)]):
        for suffix in ("mp4", "avi"):
            path = folder.root / f"nothing {number}.{suffix}"
            path.write_bytes(content)
            folder.expect(path, r"not a video that can be read|no video in it|no frame in it")
    with wave.open(str(folder.root / "sound.mp4"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(4000))
    folder.expect(folder.root / "sound.mp4", "has no video in it")
    for number in range(1, FRAMES, 2):
        path = folder.pictures(f"broken {number}", "png", "L", {})
        for broken in range(number):
            (path / f"frame {broken}.png").write_bytes(b"\x89PNG broken")
        folder.expect(path, rf"{number} of 12 pictures cannot be read \(frame 0\.png")
    path = folder.pictures("all broken", "tif", "L", {})
    for broken in path.iterdir():
        broken.write_bytes(broken.read_bytes()[:20])
    folder.expect(path, "no frame in it could be read; 12 of 12 pictures cannot be read")


def strange_ones(folder):
    for number in range(4):
        gaps = np.random.default_rng(number).integers(1, 9, FRAMES)
        times = np.cumsum(gaps).tolist()
        path = folder.video(f"uneven {number}", "mkv", "ffv1", "gray", times=times)
        folder.expect(path, None)  # all are brought to one rate, which makes it even
    folder.video("real.clip", "mkv", "mpeg4", "yuv420p")
    (folder.root / "loop").symlink_to(folder.root)
    (folder.root / "gone.mp4").symlink_to(folder.root / "nowhere")
    folder.expect(folder.root / "gone.mp4", "No such file")
    (folder.root / "circle.mp4").symlink_to("circle.mp4")
    folder.expect(folder.root / "circle.mp4", "Too many levels of symbolic links")
    rows = ["video,start_frame,end_frame"]
    for number in range(4):
        path = folder.video(f"labelled {number}", "mkv", "mpeg4", "yuv420p")
        rows.append(f"{path.name},5,{FRAMES + number}")
        if number:
            message = rf"frames 5 to {FRAMES + number - 1} are called abnormal, .* has 12 frames"
            folder.expect(path, message)
    (folder.root / "labels.csv").write_text("\n".join(rows))
    for junk in (".DS_Store", "._real.mp4", "Thumbs.db", "notes.txt", "film.mp4.part", "x.m~"):
        (folder.root / junk).write_text("junk")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, picture_of):
    folder = Folder(tmp_path_factory.mktemp("odd") / "videos", picture_of)
    folder.root.mkdir()
    good_ones(folder)
    broken_ones(folder)
    strange_ones(folder)
    return folder


def test_all_that_can_be_used_is_and_the_rest_is_named(folder, tmp_path, capsys, number_of):
    assert len(folder.expected) >= 200
    code = main(["--videos", str(folder.root), "--img", str(tmp_path / "img"), "--size", "64"])
    out, err = capsys.readouterr()
    assert (code, "Traceback" in err) == (0, False)

    no_clock = "(; )?no frame rate is known.*"
    lines = [line for line in out.splitlines() if line.startswith("  ")]
    for path, problem in folder.expected.items():
        told = [line for line in lines if f": {path}: " in line]
        said = re.sub(no_clock, "", told[0].split(f"{path}: ")[1]) if told else ""
        assert bool(re.search(problem, said)) if problem else said == "", (path, said)

    records = {
        record.source["path"]: record
        for split in ("training", "testing")
        for record in read_manifest(tmp_path / "img", split)
    }
    left_out = {str(path) for path in folder.expected} - set(records)
    assert sum(line.startswith("  left out: ") for line in lines) == len(left_out)
    for path in folder.whole:
        record = records[str(path)]
        assert record.frames == FRAMES, path
        numbers = [number_of(picture) for picture in read_frames(tmp_path / "img", record, 64)]
        assert numbers == list(range(FRAMES)), path
