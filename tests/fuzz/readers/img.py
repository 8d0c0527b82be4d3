"""Labels, and the files of `img/`: masks and the manifest."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import scipy.io

from abnormal.datasets.labels.attach import attach_labels
from abnormal.datasets.source import TESTING, SourceVideo
from abnormal.frames.manifest import VideoRecord, read_manifest
from abnormal.frames.matching import read_matching, write_matching
from abnormal.frames.reader import read_labels, read_masks, verify_masks
from abnormal.frames.writer import WrittenFrames, write_masks
from tests.fuzz.target import FRAMES, SIZE

RECORD = VideoRecord("testing", "cart/01", FRAMES, 25.0, SIZE, SIZE, labelled=True, masked=True)


def make_label_files(folder: Path) -> list[Path]:
    values = np.arange(FRAMES) // 6
    (folder / "labels.csv").write_text("video,start_frame,end_frame\ncart/01,3,5\ncart/01,8,9\n")
    np.savetxt(folder / "vector.txt", values, fmt="%d")
    np.save(folder / "vector.npy", values)
    np.savez(folder / "vectors.npz", **{"cart": values})
    cells = np.empty((1, 1), object)
    cells[0, 0] = np.array([[3, 8], [5, 9]])
    scipy.io.savemat(folder / "intervals.mat", {"gt": cells})
    (folder / "intervals.m").write_text("gt{1} = [3:5, 8:9];\nTestVideoFile{1}.gt_frame = [3:5];\n")
    return sorted(folder.iterdir())


def read_label_file(path: Path) -> None:
    video = SourceVideo("cart/01", TESTING, open_frames=None, path=None)  # type: ignore[arg-type]
    videos, _ = attach_labels([video], path)
    for labelled in videos:
        if labelled.annotate:
            labels = labelled.annotate(FRAMES).labels
            assert labels.ndim == 1  # `extract` compares the number with the frames
            assert set(labels.tolist()) <= {0, 1}


def make_img(folder: Path) -> Path:
    record = RECORD.folder(folder)
    record.mkdir(parents=True)
    (record / "labels.txt").write_text("0\n1\n" * (FRAMES // 2))
    masks = np.random.default_rng(0).integers(0, 2, (FRAMES, SIZE, SIZE))
    write_masks(record, masks, FRAMES, SIZE)
    return record


def read_stored_masks(path: Path) -> None:
    img = path.parents[3]
    if path.name == "labels.txt":
        labels = read_labels(img, RECORD)
        assert labels is not None
        assert labels.shape == (FRAMES,)
        return
    try:
        masks = read_masks(img, RECORD)
    finally:  # both refuse, or none does
        verify_masks(img, RECORD)
    intact = np.random.default_rng(0).integers(0, 2, (FRAMES, SIZE, SIZE))
    np.testing.assert_array_equal(masks, intact)


def make_matching(folder: Path) -> list[Path]:
    write_matching(folder, WrittenFrames(np.arange(FRAMES), np.arange(FRAMES) / 25, (32, 48)))
    return [folder / "matching.npz"]


def look_at_matching(path: Path) -> None:
    source = {"length": FRAMES, "shape": [32, 48]}
    found = read_matching(path.parent, dataclasses.replace(RECORD, source=source))
    if found:
        assert found.numbers.tolist() == sorted(found.numbers)
        assert 0 <= found.numbers[0] <= found.numbers[-1] < FRAMES
        assert len(found.numbers) == len(found.times_sec) == FRAMES


def make_manifest(folder: Path) -> list[Path]:
    source = {"path": "/videos/a.mp4", "sha256": "00", "size": 16, "fps": None, "shape": [32, 48]}
    records = [dataclasses.asdict(dataclasses.replace(RECORD, source=source)) for _ in range(2)]
    (folder / "manifest.json").write_text(json.dumps({"videos": records}))
    return [folder / "manifest.json"]


def look_at_manifest(path: Path) -> None:
    img = path.parent
    for record in [*read_manifest(img, "training"), *read_manifest(img, "testing")]:
        inside = (img / "results" / f"{record.video}.mp4").resolve()
        assert inside.is_relative_to((img / "results").resolve())
        assert record.folder(img).resolve().is_relative_to(img.resolve())
        assert 0 < record.fps < 1e6
        assert 0 < record.frames < 1e9
