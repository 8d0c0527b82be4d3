import dataclasses

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.names import FUSED
from abnormal.report.annotated import STRIP_PX, Annotation, Strip, write_annotated
from abnormal.scoring.alarm import Alarm
from abnormal.scoring.cells import pack_cells
from abnormal.scoring.local import LOCAL_SCORES

LOWER_RIGHT = (0.5, 0.5, 0.25, 0.25)


def above(limit, score="l2"):
    return Alarm(score, limit, limit)


def write(path, pictures, video, alarm, shown=None):
    boxes = np.array([LOWER_RIGHT] * len(video.raw["l2"]))
    shown = np.ones(len(boxes), bool) if shown is None else shown
    write_annotated(path, pictures, Annotation(video, alarm, boxes, shown))


def redness(part):
    return part[..., 0].astype(int) - part[..., 1]


def inside(frame, share=0.25):
    """The middle of the box of `LOWER_RIGHT` in a picture of 360x480."""
    return frame[225:255, 300:330] if share == 0.25 else frame[20:100, 20:100]


def test_what_raised_the_score_is_red_and_nothing_else(scored, tmp_path, decoded):
    """A frame of five is above the threshold; another one only has an unusual cell."""
    video = scored(frames=5, fps=1.0)
    cells = np.zeros((5, 4, 4), bool)
    cells[3:, 2, 2] = True
    local = dict.fromkeys((*LOCAL_SCORES, FUSED), video.causal["l2"])
    video = dataclasses.replace(
        video, causal=local, carriers=pack_cells(cells), sources=np.zeros(5, int)
    )
    pictures = (np.full((240, 320), 90, np.uint8) for _ in range(5))
    write(tmp_path / "gate.mp4", pictures, video, above(4.5, FUSED))

    frames = decoded(tmp_path / "gate.mp4")[1]
    assert len(frames) == 5
    height, width = 360, 480
    assert frames[0].shape == (height + STRIP_PX, width, 3)
    assert redness(inside(frames[4])).mean() > 40
    assert max(redness(inside(frame)).mean() for frame in frames[:4]) < 5
    assert max(redness(frame[60:160, 20:220]).mean() for frame in frames) < 5
    edges = [redness(frame[179:182, 250:350]).mean() for frame in frames]
    assert edges[4] > 60  # the box
    borders = [redness(frame[60 : height - 20, :3]).mean() for frame in frames]
    assert borders[4] > 100
    assert max(borders[:4]) < 10


def test_a_score_without_places_has_the_box_of_the_largest_difference(scored, tmp_path, decoded):
    pictures = (np.full((240, 320), 90, np.uint8) for _ in range(5))
    write(tmp_path / "gate.mp4", pictures, scored(frames=5, fps=1.0), above(4.5))
    frames = decoded(tmp_path / "gate.mp4")[1]
    assert redness(frames[4][179:182, 250:350]).mean() > 60
    assert redness(inside(frames[4])).mean() < 10


def test_frames_that_are_left_out_leave_the_others_at_their_times(scored, tmp_path, decoded):
    pictures = (np.full((240, 320), 90, np.uint8) for _ in range(5))
    shown = np.array([True, False, False, True, True])
    write(tmp_path / "gate.mp4", pictures, scored(frames=5, fps=1.0), above(99), shown)
    _, frames, times = decoded(tmp_path / "gate.mp4")
    assert len(frames) == 3
    assert [float(time) for time in times] == [0, 3, 4]


def test_pictures_in_colours_keep_them(scored, tmp_path, decoded):
    blue = np.zeros((300, 500, 3), np.uint8)
    blue[..., 2] = 200
    video = scored(frames=5, fps=1.0)
    write(tmp_path / "gate.mp4", iter([blue] * 5), video, above(99))
    for frame in decoded(tmp_path / "gate.mp4")[1]:
        assert frame.shape == (300 + STRIP_PX, 500, 3)
    assert np.abs(decoded(tmp_path / "gate.mp4")[1][0][200:290, 10:200] - [0, 0, 200.0]).max() < 12


def test_large_pictures_are_shown_smaller(scored, tmp_path, decoded):
    pictures = iter([np.zeros((1080, 1920), np.uint8)] * 5)
    write(tmp_path / "g.mp4", pictures, scored(frames=5), above(99))
    assert decoded(tmp_path / "g.mp4")[1][0].shape == (720 + STRIP_PX, 1280, 3)


def test_pictures_of_other_sizes_are_fitted_to_the_first(scored, tmp_path, decoded):
    sizes = [(240, 320), (100, 100), (480, 640), (240, 320), (240, 320)]
    pictures = (np.full(size, 90, np.uint8) for size in sizes)
    write(tmp_path / "g.mp4", pictures, scored(frames=5), above(99))
    assert {frame.shape for frame in decoded(tmp_path / "g.mp4")[1]} == {(360 + STRIP_PX, 480, 3)}


@pytest.mark.parametrize("shape", [(2000, 40), (1, 4000), (8, 8)])
def test_odd_shapes_have_an_end(scored, tmp_path, decoded, shape):
    pictures = iter([np.full(shape, 90, np.uint8)] * 5)
    write(tmp_path / "g.mp4", pictures, scored(frames=5), above(99))
    height, width, _ = decoded(tmp_path / "g.mp4")[1][0].shape
    assert max(height - STRIP_PX, width) <= 1280


def test_fewer_pictures_than_scores_are_an_error(scored, tmp_path):
    pictures = iter([np.zeros((240, 320), np.uint8)] * 4)
    with pytest.raises(AbnormalError, match="of 5 frames that were scored, 4 can be read"):
        write(tmp_path / "g.mp4", pictures, scored(frames=5), above(99))
    assert not list(tmp_path.iterdir())


def test_the_strip_shows_the_score_its_threshold_what_is_true_and_what_was_alarmed(scored):
    plain = scored(frames=10, fps=1.0)  # scores 1 to 10
    labelled = scored(frames=10, labels=[0] * 5 + [1] * 5, fps=1.0)
    none, other = (Strip(600, plain, above(limit)).at(0) for limit in (99, 3.5))
    true = Strip(600, labelled, above(99)).at(0)
    shaded = np.flatnonzero((true != none).any((0, 2)))
    assert (shaded.min(), shaded.max()) == (pytest.approx(320, abs=25), pytest.approx(590, abs=12))
    low = Strip(600, plain, Alarm("l2", 3.5, 3.5)).at(0)
    bar = np.flatnonzero((redness(low) > 60).any(0))
    assert (bar.min(), bar.max()) == (pytest.approx(210, abs=25), pytest.approx(590, abs=12))
    assert (other == low).all()
    assert low[:20].mean() < 60  # it is dark, whatever is around it


def test_an_alarm_is_written_on_the_picture(scored, tmp_path, decoded):
    pictures = iter([np.zeros((240, 320), np.uint8)] * 5)
    video = scored(frames=5, fps=1.0)
    write(tmp_path / "g.mp4", pictures, video, above(4.5))
    corners = [frame[26:44, 8:60].max() for frame in decoded(tmp_path / "g.mp4")[1]]
    assert corners[4] > 200
    assert max(corners[:4]) < 60


def test_the_line_moves_along_the_curve(scored):
    video = scored(frames=11, fps=1.0)
    strip = Strip(600, video, above(99))
    plain = strip.at(0.0)
    places = []
    for seconds in (2.0, 5.0, 8.0):
        changed = np.flatnonzero((strip.at(seconds) != plain).any((0, 2)))
        places.append(changed[changed > 100].mean())
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=1.5)
    assert places[1] - places[0] == pytest.approx(0.27 * 600, rel=0.1)
