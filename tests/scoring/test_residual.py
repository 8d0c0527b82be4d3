import numpy as np
import pytest

from abnormal.scoring.residual import (
    SCORES,
    ClipResidual,
    difference,
    gradient,
    l1,
    l1_local,
    l2,
    l2_local,
)


def flat(*greys):
    """A clip of pictures of 8x8 pixels, one cell, each of one grey."""
    return np.stack([np.full((8, 8), grey, np.float32) for grey in greys])


def test_l2_is_the_euclidean_distance_of_each_frame():
    frames = np.zeros((2, 2, 2), np.float32)
    output = np.array([[[0.3, 0.0], [0.4, 0.0]], [[0.1, 0.1], [0.1, 0.1]]], np.float32)
    assert l2(ClipResidual(frames, output)) == pytest.approx([0.5, 0.2])


def test_l2_can_reach_the_root_of_the_number_of_pixels():
    assert l2(ClipResidual(flat(1, 0), flat(0, 1))).tolist() == [8.0, 8.0]


def test_l1_is_the_sum_of_absolute_differences():
    frames = np.zeros((2, 2, 2), np.float32)
    output = np.array([[[0.3, 0.0], [-0.4, 0.0]], [[0.1, 0.1], [0.1, 0.1]]], np.float32)
    assert l1(ClipResidual(frames, output)) == pytest.approx([0.7, 0.4])
    assert l1(ClipResidual(flat(1, 0), flat(0, 1))).tolist() == [64.0, 64.0]


@pytest.mark.parametrize(
    ("residuals", "expected"),
    [
        # Changes 0.1, 0.2, 0.4: the second stands for both frames in which a clip warms up.
        ((0.0, 0.1, 0.3, 0.7), [0.2, 0.2, 0.2, 0.4]),
        ((0.0, 0.9, 0.8, 0.8), [0.1, 0.1, 0.1, 0.0]),
        ((0.0, 0.5, 0.1), [0.4, 0.4, 0.4]),
        ((0.0, 0.5), [0.5, 0.5]),
        ((0.7,), [0.0]),  # a single frame, the first of its video
    ],
)
def test_gradient_by_hand(residuals, expected):
    output = flat(*[0.1 for _ in residuals])
    clip = ClipResidual(flat(*[0.1 + residual for residual in residuals]), output)
    assert gradient(clip) == pytest.approx(expected, abs=1e-7)


def test_a_clip_of_one_frame_is_compared_with_the_frame_before():
    before = flat(0.5)[0], flat(0.2)[0]  # a residual of 0.3
    assert gradient(ClipResidual(flat(0.9), flat(0.1), *before)) == pytest.approx([0.5])


def test_gradient_is_of_the_residual_not_of_the_picture():
    frames = flat(0.1, 0.9, 0.2, 0.8)
    assert not gradient(ClipResidual(frames, frames)).any()
    assert gradient(ClipResidual(frames, flat(0, 0, 0, 0))).all()


def test_gradient_does_not_know_the_frame_before_the_clip():
    frames, output = flat(0.1, 0.2, 0.4), flat(0, 0, 0)
    alone = gradient(ClipResidual(frames, output))
    assert np.array_equal(gradient(ClipResidual(frames, output, flat(0.9)[0])), alone)


@pytest.mark.parametrize(
    ("previous", "expected"), [(None, [0.3, 0.3, 0.1]), (0.9, [0.8, 0.3, 0.1])]
)
def test_difference_starts_with_the_frame_before_the_clip(previous, expected):
    before = None if previous is None else flat(previous)[0]
    clip = ClipResidual(flat(0.1, 0.4, 0.3), flat(1, 1, 1), before)
    assert difference(clip) == pytest.approx(expected)


def test_the_local_errors_are_those_of_the_worst_patch():
    frames = np.zeros((2, 48, 48), np.float32)
    frames[0, :24, :24] = 0.3
    frames[1, 24:, :24:2] = 0.8  # half of the patch's pixels
    clip = ClipResidual(frames, np.zeros_like(frames))
    assert l1_local(clip) == pytest.approx([0.3, 0.4])
    assert l2_local(clip) == pytest.approx([0.3, 0.8 * 0.5**0.5])


def test_difference_does_not_know_the_network():
    frames = flat(0.1, 0.4, 0.3)
    clips = [ClipResidual(frames, output) for output in (frames, 1 - frames)]
    assert np.array_equal(difference(clips[0]), difference(clips[1]))


@pytest.mark.parametrize("name", ["gradient", "difference"])
def test_the_patch_with_most_change_counts(name):
    frames = np.zeros((4, 48, 48), np.float32)
    frames[2:, 24:, :24] = 0.5  # one quarter, a patch, from the third frame on
    frames[2:, :24, 24:] = 0.2
    scores = SCORES[name](ClipResidual(frames, np.zeros_like(frames)))
    assert scores[2] == pytest.approx(0.5)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("length", [1, 2, 3, 10])
def test_every_score_gives_one_number_per_frame(name, length):
    rng = np.random.default_rng(length)
    frames, output = rng.random((2, length, 35, 35), np.float32)
    scores = SCORES[name](ClipResidual(frames, output))
    assert (scores.shape, scores.dtype) == ((length,), np.float64)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


def test_the_scores_have_the_names_that_are_documented():
    assert set(SCORES) == {"gradient", "l1", "l2", "l1_local", "l2_local", "difference"}


@pytest.mark.parametrize(
    ("position", "new", "expected"),
    [(0, slice(0, None), [0, 1, 2, 3]), (0, slice(0, 2), [0, 1]), (6, slice(1, 4), [7, 8, 9])],
)
def test_new_frames_know_their_position_in_the_clip(position, new, expected):
    frames = flat(0, 0, 0, 0)
    clip = ClipResidual(frames, frames, position=position, new=new)
    assert clip.new_positions.tolist() == expected


def test_all_frames_are_new_unless_it_is_said():
    frames = flat(0, 0, 0)
    assert ClipResidual(frames, frames).new_positions.tolist() == [0, 1, 2]
