import cv2
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.report.panels import BRIGHTEST, GAP_PX, HEAD_PX, draw_panels, write_picture
from abnormal.report.recording import record_panels
from abnormal.scoring.localisation import Localiser
from abnormal.video.draw import RED, heat_map

SIZE = 220


@pytest.fixture
def seen():
    """Three frames, the last of them with a square that is not reconstructed."""
    frames = np.full((3, SIZE, SIZE), 0.25, np.float32)
    frames[2, 50:100, 60:90] = 0.75
    return Localiser().localise(frames, np.full_like(frames, 0.25))


def parts(picture, size=SIZE):
    """The four panels of a picture."""
    lefts = [number * (size + GAP_PX) for number in range(4)]
    return [picture[HEAD_PX : HEAD_PX + size, left : left + size] for left in lefts]


def test_input_reconstruction_difference_and_anomalous_pixels(seen):
    *_, picture = draw_panels(seen)
    frame, reconstruction, difference, anomalous = parts(picture)
    assert (frame[70, 70] == 191).all()
    assert (frame[0, 0] == 64).all()
    assert (reconstruction == 64).all()
    assert (difference[70, 70] == heat_map(np.array([[127.5]]), BRIGHTEST)).all()
    assert (difference[0, 0] == heat_map(np.zeros((1, 1)), BRIGHTEST)).all()
    red = (anomalous == RED).all(-1)
    assert np.array_equal(red, seen.anomalous[2])
    assert red[70, 70]
    assert np.array_equal(anomalous[~red], frame[~red])


def test_one_scale_of_colours_for_all_frames(seen):
    """Scaled to its own largest difference, a frame with none would look like one with much."""
    weak = Localiser().localise(seen.frames[2:], seen.frames[2:] + np.float32(0.01))
    (picture,) = draw_panels(weak)
    assert np.abs(parts(picture)[2].astype(int) - heat_map(np.zeros((1, 1)), 1)).max() < 15


@pytest.mark.parametrize(("size", "shown"), [(100, 200), (150, 300), (227, 227), (35, 210)])
def test_small_frames_are_shown_larger_and_sides_are_even(size, shown):
    frames = np.random.default_rng(0).random((1, size, size), np.float32)
    (picture,) = draw_panels(Localiser().localise(frames, frames))
    assert [side % 2 for side in picture.shape[:2]] == [0, 0]
    times = shown // size
    panel = parts(picture, shown)[0][:: times or 1, :: times or 1, 0]
    assert np.abs(panel - frames[0] * 255).max() < 1


def test_a_picture_comes_back_from_its_file(seen, tmp_path):
    picture = next(draw_panels(seen))
    write_picture(tmp_path / "panels.png", picture)
    assert np.array_equal(cv2.imread(str(tmp_path / "panels.png"))[..., ::-1], picture)


def test_the_video_has_every_frame_and_the_folder_every_picture(seen, tmp_path, decoded):
    path = tmp_path / "loitering" / "gate.mp4"
    with record_panels(path, 10.0, pictures=True) as take:
        take(seen)
        take(seen)
    stream, frames, _ = decoded(path)
    assert len(frames) == 6
    assert float(stream.average_rate) == 10
    files = sorted((tmp_path / "loitering" / "gate").iterdir())
    assert [file.name for file in files] == [f"{number:06d}.png" for number in range(6)]
    assert cv2.imread(str(files[0])).shape[:2] == frames[0].shape[:2]


def test_no_pictures_where_the_video_came_out_wrong(seen, tmp_path, monkeypatch):
    def wrong(*_):
        raise AbnormalError("wrong")

    monkeypatch.setattr("abnormal.video.encode._check", wrong)

    def record():
        with record_panels(tmp_path / "gate.mp4", 10.0, pictures=True) as take:
            take(seen)

    with pytest.raises(AbnormalError):
        record()
    assert list(tmp_path.iterdir()) == []


def test_pictures_only_if_asked_for(seen, tmp_path):
    with record_panels(tmp_path / "gate.mp4", 10.0, pictures=False) as take:
        take(seen)
    assert [file.name for file in tmp_path.iterdir()] == ["gate.mp4"]
