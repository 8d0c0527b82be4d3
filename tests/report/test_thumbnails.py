import cv2
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.report.thumbnails import keep_thumbnails
from abnormal.video.draw import RED
from abnormal.video.thumbnail import draw_thumbnail

PLACE = {"left": 0.25, "top": 0.5, "width": 0.25, "height": 0.25}


def event(number, peak, video="hall/gate", **place):
    return {"video": video, "event": number, "peak_frame": peak} | PLACE | place


def test_the_peaks_are_written_while_all_frames_go_by(tmp_path):
    pictures = [np.full((60, 80), 20 * number, np.uint8) for number in range(6)]
    events = [event(1, 2), event(2, 4), event(3, 4)]
    passed = list(keep_thumbnails(iter(pictures), events, tmp_path))
    assert all(a is b for a, b in zip(passed, pictures, strict=True))
    shown = {path.name: cv2.imread(str(path))[0, 0, 0] for path in (tmp_path / "hall").iterdir()}
    assert shown == {"gate-1.jpg": 40, "gate-2.jpg": 80, "gate-3.jpg": 80}


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((100, 200), (96, 192)),
        ((400, 200), (192, 96)),
        ((1, 999), (1, 192)),
        ((48, 48, 3), (192,) * 2),
    ],
)
def test_the_longer_side_is_the_same_for_all(shape, shown):
    assert draw_thumbnail(np.zeros(shape, np.uint8), (0, 0, 0, 0)).shape == (*shown, 3)


def test_the_box_is_around_the_place():
    picture = draw_thumbnail(np.full((192, 192, 3), 90, np.uint8), list(PLACE.values()))
    rows, columns = np.nonzero((picture == RED).all(-1))
    assert (columns.min(), columns.max()) == (pytest.approx(48, abs=1), pytest.approx(96, abs=1))
    assert (rows.min(), rows.max()) == (pytest.approx(96, abs=1), pytest.approx(144, abs=1))
    assert (picture[120, 72] == 90).all()
    no_place = draw_thumbnail(np.full((192, 192, 3), 90, np.uint8), (0.5, 0.5, 0, 0))
    assert (no_place == 90).all()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "hall").write_text("in the way")
    pictures = iter([np.zeros((4, 4), np.uint8)])
    with pytest.raises(AbnormalError, match="hall cannot be made: a file is in its way"):
        list(keep_thumbnails(pictures, [event(1, 0)], tmp_path))
