"""Labels and masks stay with the frames that they are of."""

import dataclasses
import weakref

import numpy as np
import PIL.Image
import pytest

from abnormal.datasets.extract import LEFT_OUT, UNCHANGED, WRITTEN, extract
from abnormal.datasets.find import find_videos
from abnormal.datasets.folder import find
from abnormal.datasets.source import TESTING, Annotation
from abnormal.frames.manifest import read_record
from abnormal.frames.reader import read_labels, read_masks
from tests.datasets.extract.extracting import SIZE, labelled, numbers_under, outcome


def test_labels_stay_with_their_pictures_where_one_is_broken(
    tmp_path, img, make_pictures, number_of
):
    folder = make_pictures(tmp_path / "gate")
    (folder / "004.png").write_text("broken")
    labels = [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1]
    masks = [np.full((32, 48), label, np.uint8) for label in labels]
    video = labelled(folder, labels, masks)
    assert outcome(video, img) == (WRITTEN, 11, "1 of 12 pictures cannot be read (004.png)")
    record = read_record(img / "testing" / "gate")
    kept = numbers_under(img, video, number_of)
    assert kept == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
    assert read_labels(img, record).tolist() == [labels[number] for number in kept]
    assert read_masks(img, record).any(axis=(1, 2)).tolist() == [bool(labels[k]) for k in kept]


def test_labels_stay_with_their_pictures_at_another_rate(tmp_path, img, make_pictures, number_of):
    labels = [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1]
    video = labelled(make_pictures(tmp_path / "gate"), labels)
    extract(video, img, SIZE, 5)
    kept = numbers_under(img, video, number_of)
    assert kept == [0, 2, 4, 6, 8, 10]
    record = read_record(img / "testing" / "gate")
    assert read_labels(img, record).tolist() == [labels[number] for number in kept]
    assert (record.labelled, record.masked) == (True, False)


def test_masks_keep_their_place(tmp_path, img, make_pictures):
    masks = np.zeros((12, 32, 48), np.uint8)
    masks[5, :16, 24:] = 1
    extract(labelled(make_pictures(tmp_path / "gate"), masks.any((1, 2)), masks), img, SIZE, None)
    found = read_masks(img, read_record(img / "testing" / "gate"))
    expected = np.zeros((12, SIZE, SIZE), bool)
    expected[5, :16, 16:] = True
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("count", [11, 13])
def test_labels_that_do_not_fit(tmp_path, img, make_pictures, count):
    video = labelled(make_pictures(tmp_path / "gate"), [0] * count)
    said = f"The labels do not fit: {count} labels for 12 frames."
    assert outcome(video, img) == (LEFT_OUT, 0, said)
    assert not (img / "testing" / "gate").exists()


def test_labels_that_are_gone_are_gone_from_img_too(tmp_path, img, make_pictures, save_cells):
    folder = make_pictures(tmp_path / "gate")
    path = save_cells(tmp_path / "labels.mat", "x", [[1]])
    with_labels = labelled(folder, [1] * 12)
    object.__setattr__(with_labels, "annotation_path", path)
    extract(with_labels, img, SIZE, None)
    assert outcome(with_labels, img)[0] == UNCHANGED
    (without,) = find(folder, TESTING)
    assert outcome(without, img)[0] == WRITTEN
    assert not read_record(img / "testing" / "gate").labelled


def relabelled(video, path, labels, masks=None):
    path.write_text(str(labels))  # stands for the file: its hash is what counts
    return dataclasses.replace(
        video,
        annotate=lambda _: Annotation(np.array(labels, np.uint8), masks),
        annotation_path=path,
    )


def test_new_labels_need_no_new_frames(tmp_path, img, make_pictures):
    (video,) = find(make_pictures(tmp_path / "gate"), TESTING)
    jpg = img / "testing" / "gate" / "000000.jpg"
    path = tmp_path / "labels"
    before = None
    masks = np.ones((12, 32, 48), np.uint8)
    for labels, some in (([1] * 12, masks), ([0, 1] * 6, None), ([1, 0] * 6, masks)):
        found = relabelled(video, path, labels, some)
        assert outcome(found, img)[:2] == (WRITTEN, 12)
        record = read_record(img / "testing" / "gate")
        assert read_labels(img, record).tolist() == labels
        assert (record.masked, read_masks(img, record) is None) == (some is not None, some is None)
        assert (record.source["labels"], record.source["length"]) == (str(path), 12)
        assert (jpg.parent / "masks.npz").exists() == record.masked
        before = before or jpg.stat()
        assert jpg.stat() == before
        assert outcome(found, img)[0] == UNCHANGED
    assert outcome(video, img)[0] == WRITTEN
    assert read_labels(img, read_record(jpg.parent)) is None
    assert not (jpg.parent / "labels.txt").exists()
    assert jpg.stat() == before


def test_labels_that_were_moved_are_known_where_they_are_now(tmp_path, img, make_pictures):
    (video,) = find(make_pictures(tmp_path / "gate"), TESTING)
    for name in ("labels", "moved"):
        found = relabelled(video, tmp_path / name, [1] * 12)
        extract(found, img, SIZE, None)
        assert read_record(img / "testing" / "gate").source["labels"] == str(tmp_path / name)
    assert outcome(found, img)[0] == UNCHANGED


def test_new_labels_that_do_not_fit_leave_the_old_ones(tmp_path, img, make_pictures):
    (video,) = find(make_pictures(tmp_path / "gate"), TESTING)
    extract(relabelled(video, tmp_path / "labels", [1] * 12), img, SIZE, None)
    status, _, problem = outcome(relabelled(video, tmp_path / "labels", [1] * 11), img)
    assert (status, problem) == (LEFT_OUT, "The labels do not fit: 11 labels for 12 frames.")
    assert read_labels(img, read_record(img / "testing" / "gate")).tolist() == [1] * 12


def test_labels_that_were_half_written_are_written_again(tmp_path, img, make_pictures, monkeypatch):
    (video,) = find(make_pictures(tmp_path / "gate"), TESTING)
    masks = [np.ones((32, 48), np.uint8)] * 12
    old = [0, 1] * 6
    extract(relabelled(video, tmp_path / "labels", old), img, SIZE, None)
    with monkeypatch.context() as patch:
        patch.setattr("abnormal.datasets.annotate.write_masks", lambda *_: 1 / 0)
        done = extract(relabelled(video, tmp_path / "labels", [1] * 12, masks), img, SIZE, None)
    assert done.status == LEFT_OUT
    assert outcome(relabelled(video, tmp_path / "labels", old), img)[0] == WRITTEN
    assert read_labels(img, read_record(img / "testing" / "gate")).tolist() == old


def test_new_labels_of_resampled_frames_are_matched_by_number(tmp_path, img, make_video):
    (video,) = find(make_video(tmp_path / "gate.mp4"), TESTING)
    folder = img / "testing" / "gate"
    extracted = []
    for labels in ([0, 1] * 10, [1, 0] * 10, [0, 0, 1, 1] * 5, [1, 1, 0, 0] * 5):
        extract(relabelled(video, tmp_path / "labels", labels), img, SIZE, 5)
        found = read_labels(img, read_record(folder)).tolist()
        assert found == [labels[k] for k in (0, 5, 10, 15)]
        extracted.append((folder / "000000.jpg").stat().st_mtime_ns)
        if len(extracted) == 2:
            (folder / "matching.npz").write_text("damaged")
        elif len(extracted) == 3:
            (folder / "matching.npz").unlink()  # as in a folder of an earlier version
    assert extracted[0] == extracted[1]
    assert len(set(extracted)) == 3


def test_new_labels_of_an_uneven_video_made_even(tmp_path, img, make_video):
    times_ms = [0, 40, 80, 120, 320, 520, 720, 760, 800, 840, 1000]
    path = make_video(tmp_path / "v.mkv", 11, codec="libx264", times_ms=times_ms)
    (video,) = find(path, TESTING)
    for labels in ([0] * 11, [0, 0, 0, 1] + [0] * 7):  # as many frames as before, but not the same
        extract(relabelled(video, tmp_path / "labels", labels), img, SIZE, 10)
    found = read_labels(img, read_record(img / "testing" / "v"))
    assert found.tolist() == [0, 0, 1, 1] + [0] * 7


def test_another_camera_or_situation_is_a_matter_of_the_record(img, video):
    extract(video, img, SIZE, None)
    named = dataclasses.replace(video, camera="gate", situation="fight")
    assert outcome(named, img)[0] == UNCHANGED
    record = read_record(img / "training" / "gate")
    assert (record.camera, record.situation) == ("gate", "fight")


def test_long_masks_are_never_all_in_memory(tmp_path, img, make_pictures):
    drawn_so_far = []

    class Masks:
        def __iter__(self):
            for number in range(12):
                mask = np.full((32, 48), number % 2, np.uint8).view(Mask)
                drawn_so_far.append(weakref.ref(mask))
                assert sum(ref() is not None for ref in drawn_so_far) <= 2
                yield mask

    class Mask(np.ndarray):
        pass

    video = labelled(make_pictures(tmp_path / "gate"), [0, 1] * 6, Masks())
    assert outcome(video, img, fps=10)[0] == WRITTEN
    masks = read_masks(img, read_record(img / "testing" / "gate"))
    assert masks.any((1, 2)).tolist() == [False, True] * 6


def labels_under(img, name):
    return read_labels(img, read_record(img / "testing" / name)).tolist()


def test_labels_in_seconds_follow_the_times_of_the_frames(tmp_path, img, make_video):
    times_ms = [0, 40, 80, 500, 540, 1000, 1040, 1080, 1120, 1160]
    root = tmp_path / "own"
    make_video(root / "fight" / "gate.mkv", 10, codec="ffv1", times_ms=times_ms)
    (root / "labels.csv").write_text("video,start_sec,end_sec\ngate,0.5,1.04\n")
    (video,) = find_videos("folder", root).videos
    extract(video, img, SIZE, None)
    assert labels_under(img, "fight/gate") == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    (root / "labels.csv").write_text("video,start_sec,end_sec\ngate,0,0.08\n")
    (video,) = find_videos("folder", root).videos
    jpg = img / "testing" / "fight" / "gate" / "000000.jpg"
    before = jpg.stat()
    extract(video, img, SIZE, None)
    assert labels_under(img, "fight/gate") == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert jpg.stat() == before
    extract(video, img, SIZE, 10)
    assert labels_under(img, "fight/gate") == [1, *[0] * 11]


def test_labels_in_seconds_of_a_folder_of_pictures_take_its_rate(tmp_path, img, make_pictures):
    root = tmp_path / "own"
    make_pictures(root / "fight" / "gate")
    (root / "labels.csv").write_text("video,start_sec,end_sec\ngate,0.5,0.8\n")
    (video,) = find_videos("folder", root).videos
    extract(video, img, SIZE, 10)
    assert labels_under(img, "fight/gate") == [0] * 5 + [1] * 3 + [0] * 4


MASK = np.zeros((32, 48), np.uint8)
MASK[:9, :9] = 1
IDS = {
    "255.png": MASK * 255,
    "id16.png": MASK.astype(np.uint16),
    "blue.png": np.dstack([MASK * 0, MASK * 0, MASK]),
    "id32.tif": MASK.astype(np.int32),
}


@pytest.mark.parametrize("kind", IDS)
def test_masks_with_ids_mark_what_is_not_0(tmp_path, img, make_pictures, kind):
    root = tmp_path / "own"
    make_pictures(root / "cart" / "a")
    (root / "labels" / "a").mkdir(parents=True)
    for number in range(12):
        mask = IDS[kind] * (5 <= number < 10)
        PIL.Image.fromarray(mask).save(root / "labels" / "a" / f"{number:03d}{kind[-4:]}")
    (video,) = find_videos("folder", root).videos
    extract(video, img, SIZE, None)
    assert labels_under(img, "cart/a") == [0] * 5 + [1] * 5 + [0] * 2
    masks = read_masks(img, read_record(img / "testing" / "cart" / "a"))
    assert masks.any(axis=(1, 2)).tolist() == [False] * 5 + [True] * 5 + [False] * 2


def test_labels_that_say_nothing_are_noted_until_they_say_something(tmp_path, img, make_pictures):
    root = tmp_path / "own"
    make_pictures(root / "cart" / "a")
    path = root / "labels.txt"

    def problem(content):
        path.write_text(content)
        (video,) = find_videos("folder", root).videos
        return extract(video, img, SIZE, 25).problem, extract(video, img, SIZE, None).problem

    unknown_rate = "no frame rate is known: 25 is taken; set it with --fps"
    said = f"labels: none of its frames is abnormal in {path}"
    assert problem("0 " * 12) == (said, f"{unknown_rate}; {said}")
    assert problem("0 1 " * 6) == ("", unknown_rate)
    path.unlink()
    path = root / "labels.csv"
    assert problem("video,start_frame,end_frame\na,,\n") == ("", unknown_rate)


@pytest.mark.parametrize("flat", [0, 255])
def test_flat_masks_are_noted(tmp_path, img, make_pictures, flat):
    root = tmp_path / "own"
    make_pictures(root / "cart" / "a", names="{}.png")
    (root / "labels" / "a").mkdir(parents=True)
    for number in range(12):
        picture = PIL.Image.new("L", (48, 32), flat)
        picture.save(root / "labels" / "a" / f"{number}.png")
    (video,) = find_videos("folder", root).videos
    told = extract(video, img, SIZE, 25).problem
    expected = "each of its masks marks every pixel or none" if flat else "none of its frames is"
    assert told.startswith(f"labels: {expected}")
