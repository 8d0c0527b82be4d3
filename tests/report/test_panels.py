import cv2
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.videos import ModelFrames
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


def opened(shape=None):
    return ModelFrames(iter(()), 10.0, shape=shape)


def every_frame(first, frames):
    return np.ones(len(frames.frames), bool)


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
    with record_panels(path, opened(), every_frame, pictures=True) as take:
        take(seen)
        take(seen)
    stream, frames, _ = decoded(path)
    assert len(frames) == 6
    assert float(stream.average_rate) == pytest.approx(10, rel=0.01)
    files = sorted((tmp_path / "loitering" / "gate").iterdir())
    assert [file.name for file in files] == [f"{number:06d}.png" for number in range(6)]
    assert cv2.imread(str(files[0])).shape[:2] == frames[0].shape[:2]


def test_no_pictures_where_the_video_came_out_wrong(seen, tmp_path, monkeypatch):
    def wrong(*_):
        raise AbnormalError("wrong")

    monkeypatch.setattr("abnormal.video.encode._check", wrong)

    def record():
        with record_panels(tmp_path / "gate.mp4", opened(), every_frame, True) as take:
            take(seen)

    with pytest.raises(AbnormalError):
        record()
    assert list(tmp_path.iterdir()) == []


def test_pictures_only_if_asked_for(seen, tmp_path):
    with record_panels(tmp_path / "gate.mp4", opened(), every_frame, False) as take:
        take(seen)
    assert [file.name for file in tmp_path.iterdir()] == ["gate.mp4"]


@pytest.mark.parametrize(("shape", "panel"), [((240, 360), (220, 330)), ((360, 240), (330, 220))])
def test_panels_have_the_shape_of_the_source(seen, tmp_path, decoded, shape, panel):
    with record_panels(tmp_path / "gate.mp4", opened(shape), every_frame, False) as take:
        take(seen)
    height, width = panel
    shown = decoded(tmp_path / "gate.mp4")[1][0].shape
    assert shown[:2] == (HEAD_PX + height, 4 * width + 3 * GAP_PX)


def test_only_the_chosen_frames_are_drawn_each_at_its_time(seen, tmp_path, decoded):
    path = tmp_path / "gate.mp4"
    with record_panels(
        path, opened(), lambda first, _: np.arange(first, first + 3) == 4, True
    ) as take:
        for _ in range(3):
            take(seen)
    assert len(decoded(path)[1]) == 3
    assert sorted(file.name for file in (tmp_path / "gate").iterdir()) == [
        "000000.png",  # the first and the last one always are, or the video would be shorter
        "000004.png",
        "000008.png",
    ]
