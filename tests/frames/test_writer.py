import numpy as np
import PIL.Image
import pytest

from abnormal.errors import CannotWriteError
from abnormal.frames import writer
from abnormal.frames.manifest import VideoRecord
from abnormal.frames.reader import read_labels, read_masks
from abnormal.frames.writer import frame_path, write_frames, write_labels, write_masks
from abnormal.video.stream import Frame

RECORD = VideoRecord("testing", "v", 6, 25.0, 16, 16, labelled=True, masked=True)


@pytest.fixture
def folder(tmp_path):
    folder = RECORD.folder(tmp_path)
    folder.mkdir(parents=True)
    return folder


def frames_of(pictures, numbers=None):
    for number, picture in enumerate(pictures):
        yield Frame(picture, number / 25, numbers[number] if numbers else number)


def test_frames_are_grey_jpgs_numbered_from_0(folder, picture_of, number_of):
    numbers = [0, 1, 4, 5]
    pictures = [picture_of(number, 64, 80) for number in numbers]
    written = write_frames(folder, frames_of(pictures, numbers), 40)
    assert (written.numbers.tolist(), written.shape) == (numbers, (64, 80))
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"00000{index}.jpg" for index in range(4)]
    for name, number in zip(names, numbers, strict=True):
        with PIL.Image.open(folder / name) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "L", (40, 40))
            assert number_of(np.array(picture)) == number


def test_a_jpg_changes_a_picture_by_little(folder):
    smooth = np.add.outer(np.arange(0, 128, 2), np.arange(0, 128, 2)).astype(np.uint8)
    write_frames(folder, frames_of([smooth]), 64)
    with PIL.Image.open(frame_path(folder, 0)) as picture:
        np.testing.assert_allclose(np.array(picture, int), smooth, atol=3)


def test_no_frame(folder):
    written = write_frames(folder, iter(()), 16)
    assert (len(written.numbers), written.shape) == (0, (0, 0))


@pytest.mark.parametrize("threads", [1, 3])
def test_few_frames_wait_to_be_written(folder, picture_of, threads):
    def frames():
        for number in range(60):
            assert len(list(folder.iterdir())) >= number - 2 * threads - 1
            yield Frame(picture_of(number), number / 25, number)

    assert len(write_frames(folder, frames(), 16, threads).numbers) == 60


def test_large_frames_do_not_wait(folder, monkeypatch, picture_of):
    monkeypatch.setattr(writer, "MAX_QUEUED_BYTES", 32 * 48)

    def frames():
        for number in range(30):
            assert len(list(folder.iterdir())) >= number - 2
            yield Frame(picture_of(number), number / 25, number)

    write_frames(folder, frames(), 16, threads=8)


@pytest.mark.parametrize("threads", [1, 4])
def test_the_order_does_not_depend_on_the_threads(folder, picture_of, number_of, threads):
    write_frames(folder, frames_of(map(picture_of, range(100))), 16, threads)
    pictures = [np.array(PIL.Image.open(frame_path(folder, number))) for number in range(100)]
    assert [number_of(picture) for picture in pictures] == list(range(100))


def test_whole_frames_of_a_killed_run_are_kept_and_halves_are_not(folder, picture_of):
    write_frames(folder, frames_of(map(picture_of, range(4))), 16)
    whole = frame_path(folder, 1).stat()
    frame_path(folder, 2).write_bytes(frame_path(folder, 2).read_bytes()[:-9])
    frame_path(folder, 3).write_bytes(b"")
    write_frames(folder, frames_of(map(picture_of, range(4))), 16)
    assert frame_path(folder, 1).stat() == whole
    for number in (2, 3):
        assert frame_path(folder, number).read_bytes().endswith(b"\xff\xd9")


def test_a_frame_that_cannot_be_written_is_an_error(folder, picture_of):
    frame_path(folder, 3).mkdir()
    with pytest.raises(CannotWriteError, match="Is a directory"):
        write_frames(folder, frames_of(map(picture_of, range(20))), 16, threads=2)


def test_labels_are_read_as_they_were_written(tmp_path, folder):
    labels = np.array([0, 1, 1, 0, 0, 1], np.uint8)
    write_labels(folder, labels)
    np.testing.assert_array_equal(read_labels(tmp_path, RECORD), labels)


@pytest.mark.parametrize("width", [16, 17, 23])
def test_masks_are_read_as_they_were_written(tmp_path, folder, width):
    masks = np.random.default_rng(0).integers(0, 2, (6, width, width), np.uint8)
    write_masks(folder, iter(masks), 6, width)
    found = read_masks(tmp_path, RECORD)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, masks == 1)


def test_a_mask_pixel_is_abnormal_where_half_of_its_area_is(tmp_path, folder):
    mask = np.zeros((4, 8), np.uint8)
    mask[0, :2] = 255  # 2 of the 8 pixels of its area
    mask[2:, 4:6] = 1  # 4 of 8
    write_masks(folder, [mask] * 6, 6, 2)
    assert read_masks(tmp_path, RECORD)[0].tolist() == [[False, False], [False, True]]
