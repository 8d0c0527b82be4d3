import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.report.annotated import STRIP_PX, AnomalousPixels, Strip, write_annotated
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.localisation import Localiser


def above(limit, score="l2"):
    return Alarm(score, limit, limit)


@pytest.fixture
def anomalous():
    """Of five frames of 20x20 pixels; the fourth has a quarter that is not reconstructed."""
    frames = np.zeros((5, 20, 20), np.float32)
    frames[3, 10:, 10:] = 1
    kept = AnomalousPixels()
    for part in (slice(2), slice(2, 5)):
        kept.add(Localiser().localise(frames[part], np.zeros_like(frames[part])))
    return kept


def redness(part):
    return part[..., 0].astype(int) - part[..., 1]


def test_the_pixels_come_back_as_they_were(anomalous):
    assert len(anomalous) == 5
    assert [anomalous[number].sum() for number in (0, 1, 2, 4)] == [0] * 4
    assert anomalous[3].shape == (20, 20)
    assert anomalous[3][12:18, 12:18].all()
    assert not anomalous[3][:8].any()


def test_pixels_alarms_and_curve_are_drawn_in(scored, anomalous, tmp_path, decoded):
    video = scored(frames=5, labels=[0, 0, 0, 1, 1], fps=1.0)  # scores 1 to 5, not smoothed
    pictures = (np.full((240, 320), 90, np.uint8) for _ in range(5))
    write_annotated(tmp_path / "gate.mp4", pictures, video, above(4.5), anomalous)

    frames = decoded(tmp_path / "gate.mp4")[1]
    assert len(frames) == 5
    height, width = 360, 480
    assert frames[0].shape == (height + STRIP_PX, width, 3)
    middle = [
        redness(frame[height // 2 + 40 : height - 40, width // 2 + 40 : width - 40]).mean()
        for frame in frames
    ]
    assert middle[3] > 60
    assert max(middle[number] for number in (0, 1, 2, 4)) < 10
    borders = [redness(frame[60 : height - 20, :3]).mean() for frame in frames]
    assert borders[4] > 100  # the only score above the threshold
    assert max(borders[:4]) < 10


def test_pictures_in_colours_keep_them(scored, anomalous, tmp_path, decoded):
    blue = np.zeros((300, 500, 3), np.uint8)
    blue[..., 2] = 200
    video = scored(frames=5, fps=1.0)
    write_annotated(tmp_path / "gate.mp4", iter([blue] * 5), video, above(99), anomalous)
    for frame in decoded(tmp_path / "gate.mp4")[1]:
        assert frame.shape == (300 + STRIP_PX, 500, 3)
    assert np.abs(decoded(tmp_path / "gate.mp4")[1][0][200:290, 10:200] - [0, 0, 200.0]).max() < 12


def test_large_pictures_are_shown_smaller(scored, anomalous, tmp_path, decoded):
    pictures = iter([np.zeros((1080, 1920), np.uint8)] * 5)
    write_annotated(tmp_path / "g.mp4", pictures, scored(frames=5), above(99), anomalous)
    assert decoded(tmp_path / "g.mp4")[1][0].shape == (720 + STRIP_PX, 1280, 3)


def test_pictures_of_other_sizes_are_fitted_to_the_first(scored, anomalous, tmp_path, decoded):
    sizes = [(240, 320), (100, 100), (480, 640), (240, 320), (240, 320)]
    pictures = (np.full(size, 90, np.uint8) for size in sizes)
    write_annotated(tmp_path / "g.mp4", pictures, scored(frames=5), above(99), anomalous)
    assert {frame.shape for frame in decoded(tmp_path / "g.mp4")[1]} == {(360 + STRIP_PX, 480, 3)}


@pytest.mark.parametrize("shape", [(2000, 40), (1, 4000), (8, 8)])
def test_odd_shapes_have_an_end(scored, anomalous, tmp_path, decoded, shape):
    pictures = iter([np.full(shape, 90, np.uint8)] * 5)
    write_annotated(tmp_path / "g.mp4", pictures, scored(frames=5), above(99), anomalous)
    height, width, _ = decoded(tmp_path / "g.mp4")[1][0].shape
    assert max(height - STRIP_PX, width) <= 1280


def test_fewer_pictures_than_scores_are_an_error(scored, anomalous, tmp_path):
    pictures = iter([np.zeros((240, 320), np.uint8)] * 4)
    with pytest.raises(AbnormalError, match="of 5 frames that were scored, 4 can be read"):
        write_annotated(tmp_path / "g.mp4", pictures, scored(frames=5), above(99), anomalous)
    assert not list(tmp_path.iterdir())


def test_the_strip_shows_what_is_true_and_what_was_alarmed(scored):
    video = scored(frames=10, labels=[0] * 5 + [1] * 5, fps=1.0)
    none = Strip(600, video.regularity(), np.zeros(10, bool), scored(frames=10, fps=1.0)).at(0)
    true = Strip(600, video.regularity(), np.zeros(10, bool), video).at(0)
    alarms = Strip(600, video.regularity(), np.arange(10) < 3, video).at(0)
    shaded = np.flatnonzero((true != none).any((0, 2)))
    assert (shaded.min(), shaded.max()) == (pytest.approx(340, abs=25), pytest.approx(590, abs=12))
    red = np.flatnonzero((alarms != true).any((0, 2)))
    assert (red.min(), red.max()) == (pytest.approx(45, abs=25), pytest.approx(230, abs=25))


def test_an_alarm_is_written_on_the_picture(scored, anomalous, tmp_path, decoded):
    pictures = iter([np.zeros((240, 320), np.uint8)] * 5)
    video = scored(frames=5, fps=1.0)
    write_annotated(tmp_path / "g.mp4", pictures, video, above(4.5), anomalous)
    corners = [frame[26:44, 8:60].max() for frame in decoded(tmp_path / "g.mp4")[1]]
    assert corners[4] > 200
    assert max(corners[:4]) < 60


def test_the_line_moves_along_the_curve(scored):
    video = scored(frames=11, fps=1.0)
    strip = Strip(600, video.regularity(), np.zeros(11, bool), video)
    plain = strip.at(0.0)
    places = []
    for seconds in (2.0, 5.0, 8.0):
        changed = np.flatnonzero((strip.at(seconds) != plain).any((0, 2)))
        places.append(changed[changed > 100].mean())
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=1.5)
    assert places[1] - places[0] == pytest.approx(0.27 * 600, rel=0.1)
