import math

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from abnormal.errors import AbnormalError
from abnormal.evaluation.pixel_level import (
    VideoPixels,
    mask_cross_entropy,
    pixel_metrics,
    pixel_table,
)
from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.localisation import Localiser
from abnormal.video.resample import resize_masks

LOCALISER = Localiser(box_size=2, box_threshold=255.0)


@pytest.fixture
def footage():
    """Six frames of 12x12 pixels in which abnormal pixels are reconstructed worse."""
    draw = np.random.default_rng(0)
    masks = draw.random((6, 12, 12)) < 0.2
    frames = np.zeros((6, 12, 12), np.float32)
    reconstruction = draw.random(masks.shape, np.float32) * np.where(masks, 0.9, 0.5)
    return frames, reconstruction.astype(np.float32), masks


def gathered(frames, reconstruction, masks, some=4, localiser=LOCALISER):
    video = VideoPixels(localiser)
    take = video.sink(masks)
    for start in range(0, len(frames), some):
        part = slice(start, start + some)
        take(localiser.localise(frames[part], reconstruction[part]))
    return video


def test_the_metrics_are_those_of_all_pixels_together(footage):
    frames, reconstruction, masks = footage
    seen = LOCALISER.localise(frames, reconstruction)

    metrics = pixel_metrics([gathered(*footage)])

    exact = sklearn.metrics.roc_auc_score(masks.ravel(), seen.sums.ravel())
    assert metrics["auc"] == pytest.approx(exact, abs=1e-3)
    flags = seen.anomalous
    assert 0 < metrics["iou"] == (flags & masks).sum() / (flags | masks).sum() < 1
    logits, truth = flags.astype(float), masks.astype(float)
    entropy = np.maximum(logits, 0) - logits * truth + np.log1p(np.exp(-np.abs(logits)))
    assert metrics["mask_sigmoid_cross_entropy"] == pytest.approx(entropy.mean())
    assert metrics["frames"] == 6


@pytest.mark.parametrize("some", [1, 4, 6])
def test_it_does_not_matter_how_many_frames_come_at_a_time(footage, some):
    assert gathered(*footage, some=some).rows == gathered(*footage).rows


def test_videos_add_up(footage):
    frames, reconstruction, _ = footage
    parts = [gathered(*(array[part] for array in footage)) for part in (slice(2), slice(2, 6))]
    unmasked = gathered(frames, reconstruction, None)
    assert pixel_metrics([*parts, unmasked]) == pixel_metrics([gathered(*footage)])


def test_the_threshold_is_named_if_it_is_that_of_all_videos(footage):
    other = gathered(*footage, localiser=LOCALISER._replace(box_threshold=300.0))
    assert pixel_metrics([gathered(*footage)] * 2)["box_threshold"] == 255.0
    for videos in ([gathered(*footage), other], [other, gathered(*footage)]):
        assert pixel_metrics(videos)["box_threshold"] is None


def test_without_masks_there_are_no_metrics_but_rows(footage):
    frames, reconstruction, masks = footage
    unmasked = gathered(frames, reconstruction, None)
    assert pixel_metrics([unmasked]) is None
    videos = [ScoredVideo(name, 25.0, {}, {}) for name in "ab"]
    table = pixel_table("model", videos, [gathered(*footage), unmasked])
    assert table["model"].eq("model").all()
    assert table["video"].tolist() == ["a"] * 6 + ["b"] * 6
    assert table["frame"].tolist() == [*range(6), *range(6)]
    flags = LOCALISER.localise(frames, reconstruction).anomalous
    assert table["anomalous_pixels"].tolist() == [*flags.sum((1, 2)), *flags.sum((1, 2))]
    assert table["true_pixels"][:6].tolist() == masks.sum((1, 2)).tolist()
    assert table["both_pixels"][:6].tolist() == (flags & masks).sum((1, 2)).tolist()
    assert table.loc[6:, "true_pixels":].isna().all(axis=None)
    assert isinstance(table["true_pixels"].dtype, pd.Int64Dtype)


def test_masks_of_one_kind_have_no_auc(footage):
    frames, reconstruction, masks = footage
    normal = gathered(frames, reconstruction, np.zeros_like(masks))
    assert pixel_metrics([normal])["auc"] is None
    silent = gathered(frames, frames, np.zeros_like(masks))
    assert pixel_metrics([silent])["iou"] is None
    assert silent.rows[0]["iou"] is None


def test_equal_sums_count_half(footage):
    frames, _, masks = footage
    assert pixel_metrics([gathered(frames, frames, masks)])["auc"] == 0.5


def test_the_cross_entropy_by_hand():
    nothing, right, wrong = math.log(2), math.log(1 + 1 / math.e), 1 + math.log(1 + 1 / math.e)
    assert mask_cross_entropy(100, 0, 0) == pytest.approx(nothing)
    assert mask_cross_entropy(100, 100, 100) == pytest.approx(right)
    assert mask_cross_entropy(100, 100, 0) == pytest.approx(wrong)
    assert mask_cross_entropy(4, 2, 1) == pytest.approx((2 * nothing + right + wrong) / 4)


def test_masks_at_the_size_of_the_model():
    masks = np.zeros((1, 4, 4), bool)
    masks[0, :2, :2] = masks[0, 2, 3] = True
    assert resize_masks(masks, 4, 4) is masks
    assert resize_masks(masks, 2, 2).tolist() == [[[True, False], [False, False]]]
    assert resize_masks(masks, 8, 8).sum() == 4 * masks.sum()


def test_a_box_that_could_not_be_further_off():
    frames, masks = np.zeros((1, 8, 8), np.float32), np.zeros((1, 8, 8), bool)
    masks[0, 4] = True
    assert pixel_metrics([gathered(frames, frames + 1, masks)])["auc"] < 0.6


def test_more_frames_than_masks_are_an_error(footage):
    frames, reconstruction, masks = footage
    with pytest.raises(AbnormalError, match="masks for 5 frames only"):
        gathered(frames, reconstruction, masks[:5])
