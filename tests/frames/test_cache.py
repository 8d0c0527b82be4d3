import dataclasses
import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.frames.cache import open_cache
from abnormal.frames.clips import Clip, epoch_clips
from abnormal.frames.manifest import read_manifest, write_record
from abnormal.frames.reader import read_frames

LENGTHS = {"training/a": 30, "training/b": 5, "training/c": 40}


@pytest.fixture
def records(tmp_path, make_img):
    return make_img(tmp_path, LENGTHS)


def files(img):
    return [path.name for path in (img / ".cache").iterdir()]


@pytest.mark.parametrize("size", [16, 12])
def test_the_cache_holds_the_frames_as_they_are_read_singly(tmp_path, records, size):
    cache = open_cache(tmp_path, records, size)
    singly = [picture for record in records for picture in read_frames(tmp_path, record, size)]
    np.testing.assert_array_equal(cache.frames, singly)
    assert cache.frames.dtype == np.uint8
    assert isinstance(cache.frames, np.memmap)
    assert (cache.firsts, cache.lengths) == ((0, 30, 35), (30, 5, 40))


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (Clip(0, 0, 1), range(10)),
        (Clip(0, 3, 2), range(3, 23, 2)),
        (Clip(0, 2, 3), range(2, 32, 3)),
        (Clip(2, 12, 3), range(12, 42, 3)),
        (Clip(2, 30, 1), range(30, 40)),
    ],
)
def test_a_clip_is_what_it_says_with_time_first(tmp_path, records, number_of, clip, expected):
    frames = open_cache(tmp_path, records, 16).clip(clip, 10)
    assert frames.shape == (10, 16, 16)
    assert [number_of(frame) for frame in frames] == list(expected)


def test_the_clips_of_an_epoch_show_one_video_each(tmp_path, records, number_of):
    cache = open_cache(tmp_path, records, 16)
    clips = epoch_clips(cache.lengths, 5, (1, 2, 3), seed=0, epoch=0)
    assert {clip.video for clip in clips} == {0, 1, 2}
    for clip in clips:
        numbers = [number_of(frame) for frame in cache.clip(clip, 5)]
        assert numbers == [clip.start + clip.stride * k for k in range(5)]


def test_frames_between_two_are_those(tmp_path, records, number_of):
    cache = open_cache(tmp_path, records, 16)
    assert [number_of(frame) for frame in cache.between(33, 38)] == [3, 4, 0, 1, 2]


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux tells what is mapped")
def test_what_was_read_does_not_stay_in_memory(tmp_path, make_img):
    cache = open_cache(tmp_path, make_img(tmp_path, {"training/a": 200}), 128)
    kept = [cache.clip(clip, 5) for clip in epoch_clips(cache.lengths, 5, (1,), 0, 0)]
    assert len(kept) >= 39
    assert resident_kib(".npy") == 0


def resident_kib(ending):
    """How much of the mapped files of such a name is in this process's memory."""
    inside, total = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.endswith(ending)
        elif inside and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


def test_the_cache_is_built_once(tmp_path, records, caplog):
    caplog.set_level(logging.INFO, "abnormal")
    for _ in range(2):
        open_cache(tmp_path, records, 16)
    (line,) = caplog.messages
    assert line.startswith("frame cache: 100% 75/75 [")


def test_a_changed_video_means_another_cache_and_the_old_one_goes(tmp_path, records):
    open_cache(tmp_path, records, 16)
    old = files(tmp_path)
    changed = [*records[:2], dataclasses.replace(records[2], source={"sha256": "new"})]
    with pytest.raises(AbnormalError, match="does not have the frames that manifest"):
        open_cache(tmp_path, changed, 16)
    assert files(tmp_path) == old
    write_record(changed[2].folder(tmp_path), changed[2])
    open_cache(tmp_path, changed, 16)
    assert len(files(tmp_path)) == 1
    assert files(tmp_path) != old


def test_caches_of_two_sizes_live_side_by_side(tmp_path, records):
    for size in (16, 12, 16):
        open_cache(tmp_path, records, size)
    assert len(files(tmp_path)) == 2


def test_two_may_build_at_once(tmp_path, records):
    script = """
import sys
from pathlib import Path
from abnormal.frames import cache
from abnormal.frames.manifest import read_manifest, write_record
img = Path(sys.argv[1])
records = read_manifest(img, "training")
read = cache.read_frames
def waiting(img, record, size):
    if record == records[2]:
        print("building", flush=True)
        sys.stdin.read()
    return read(img, record, size)
cache.read_frames = waiting
cache.open_cache(img, records, 16)
"""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdin=pipe, stdout=pipe
    ) as other:
        assert other.stdout.readline() == b"building\n"
        first = open_cache(tmp_path, records, 16)  # while the other one is in the middle
        before = np.array(first.frames)
        other.stdin.close()
    assert other.returncode == 0
    np.testing.assert_array_equal(first.frames, before)
    np.testing.assert_array_equal(open_cache(tmp_path, records, 16).frames, before)
    assert len(files(tmp_path)) == 1


def test_a_killed_builder_leaves_no_cache(tmp_path, records):
    script = """
import os, sys
from pathlib import Path
from abnormal.frames import cache
from abnormal.frames.manifest import read_manifest, write_record
img = Path(sys.argv[1])
records = read_manifest(img, "training")
read = cache.read_frames
cache.read_frames = lambda img, record, size: (
    os._exit(9) if record == records[2] else read(img, record, size))
cache.open_cache(img, records, 16)
"""
    killed = subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    assert killed.returncode == 9
    (left,) = files(tmp_path)
    assert left.startswith(".partial-")
    cache = open_cache(tmp_path, records, 16)
    assert len(files(tmp_path)) == 1
    assert cache.frames.shape == (75, 16, 16)


def test_a_missing_frame_leaves_no_cache(tmp_path, records):
    (records[2].folder(tmp_path) / "000020.jpg").unlink()
    with pytest.raises(AbnormalError, match=r"000020\.jpg"):
        open_cache(tmp_path, records, 16)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
        lambda path: path.write_bytes(b""),
        lambda path: np.save(path, np.zeros((3, 16, 16), np.uint8)),
        lambda path: np.save(path, np.zeros((75, 16, 16), np.float32)),
        lambda path: flip_a_bit(path, 10_000),
        lambda path: flip_a_bit(path, -1),
        lambda path: path.write_bytes(path.read_bytes() + b"x"),
    ],
    ids=["truncated", "empty", "too few", "floats", "in the middle", "checksum", "too long"],
)
def test_a_damaged_cache_is_made_again_and_said(tmp_path, records, spoil, caplog):
    whole = np.array(open_cache(tmp_path, records, 16).frames)
    (name,) = files(tmp_path)
    spoil(tmp_path / ".cache" / name)
    np.testing.assert_array_equal(open_cache(tmp_path, records, 16).frames, whole)
    assert f"{name} is damaged; it is made again" in caplog.text
    caplog.clear()
    np.testing.assert_array_equal(open_cache(tmp_path, records, 16).frames, whole)
    assert not caplog.text


def flip_a_bit(path, place):
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 16
    path.write_bytes(content)


def test_a_cache_of_an_older_version_without_a_checksum_is_made_again(tmp_path, records, caplog):
    whole = np.array(open_cache(tmp_path, records, 16).frames)
    (name,) = files(tmp_path)
    np.save(tmp_path / ".cache" / name, whole)
    np.testing.assert_array_equal(open_cache(tmp_path, records, 16).frames, whole)
    assert "damaged" not in caplog.text


def test_where_img_may_not_be_written_the_cache_is_made_elsewhere_and_said(
    tmp_path, records, monkeypatch, caplog
):
    caplog.set_level(logging.INFO, "abnormal")
    monkeypatch.setenv("ABNORMAL_CACHE", str(tmp_path / "mine"))
    (tmp_path / ".cache").write_text("in the way")
    for _ in range(2):
        cache = open_cache(tmp_path, records, 16)
    assert cache.frames.shape == (75, 16, 16)
    (path,) = (tmp_path / "mine").rglob("*.npy")
    said = [message for message in caplog.messages if "is made in" in message]
    assert len(said) == 1
    assert str(path.parent) in said[0]


def test_the_manifest_lists_no_cache(tmp_path, records):
    open_cache(tmp_path, records, 16)
    assert read_manifest(tmp_path, "training") == records
