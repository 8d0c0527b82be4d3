import numpy as np
import pytest
import scipy.signal

from abnormal.scoring.localisation import Localiser, box_sums


@pytest.mark.parametrize("box_size", [1, 2, 3, 4, 7])
def test_the_sums_are_those_of_a_convolution_that_keeps_the_size(box_size):
    images = np.random.default_rng(0).random((2, 9, 13), np.float32) * 255
    box = np.ones((box_size, box_size))
    expected = [scipy.signal.convolve2d(image, box, mode="same") for image in images]
    sums = box_sums(images, box_size)
    assert sums.dtype == np.float32
    np.testing.assert_allclose(sums, expected, rtol=1e-5)


def test_frames_do_not_leak_into_each_other():
    images = np.zeros((3, 8, 8), np.float32)
    images[1] = 100
    assert box_sums(images, 4)[[0, 2]].max() == 0


def test_the_difference_is_on_the_scale_of_0_to_255_and_without_sign():
    frames = np.array([[[0.0, 1.0, 0.5]]], np.float32)
    seen = Localiser().localise(frames, frames[:, :, ::-1])
    np.testing.assert_allclose(seen.difference, [[[127.5, 0, 127.5]]])
    assert seen.frames is frames


def test_just_four_times_white_is_not_anomalous():
    frames = np.zeros((1, 9, 9), np.float32)
    frames[0, 4, 3:7] = 1.0
    assert not Localiser().localise(frames, 0 * frames).anomalous.any()
    frames[0, 5, 3] = 0.01
    assert Localiser().localise(frames, 0 * frames).anomalous.any()


@pytest.mark.parametrize(("grey", "flagged"), [(63.0, 0), (64.0, 36)])
def test_a_pixel_is_anomalous_above_four_times_white(grey, flagged):
    """4x4 boxes of 64 have 1,024, more than 1,020; those of 63 have 1,008."""
    frames = np.zeros((1, 9, 9), np.float32)
    seen = Localiser().localise(frames, frames + np.float32(grey / 255))
    # Boxes that reach out of the picture have less: two rows and columns before, one behind.
    assert seen.anomalous.sum() == flagged
    assert seen.anomalous[0, 2:8, 2:8].sum() == flagged


def test_the_box_is_around_the_connected_pixels_of_the_largest_sum():
    frames = np.zeros((3, 20, 40), np.float32)
    frames[0, 2:6, 3:9] = 0.7  # weaker than the next one
    frames[0, 10:15, 20:28] = 1.0
    frames[1, 12, 33] = 0.5  # not enough for a box
    seen = Localiser(1, 100.0).localise(frames, np.zeros_like(frames))
    assert seen.box(0) == pytest.approx((20 / 40, 10 / 20, 8 / 40, 5 / 20))
    assert Localiser(1, 200.0).localise(frames, 0 * frames).box(1) == pytest.approx(
        (33 / 40, 12 / 20, 1 / 40, 1 / 20)
    )


def test_pixels_that_touch_at_a_corner_are_one_place():
    frames = np.zeros((1, 8, 8), np.float32)
    frames[0, 2, 2], frames[0, 3, 3], frames[0, 6, 6] = 1.0, 0.9, 0.9
    box = Localiser(1, 100.0).localise(frames, 0 * frames).box(0)
    assert box == pytest.approx((2 / 8, 2 / 8, 2 / 8, 2 / 8))


def test_both_can_be_chosen():
    frames = np.zeros((1, 5, 5), np.float32)
    reconstruction = frames.copy()
    reconstruction[0, 2, 2] = 10 / 255
    assert Localiser(1, 9.0).localise(frames, reconstruction).anomalous.sum() == 1
    assert Localiser(3, 9.0).localise(frames, reconstruction).anomalous.sum() == 9
    assert Localiser(3, 11.0).localise(frames, reconstruction).anomalous.sum() == 0
    assert Localiser(3).largest_sum == 9 * 255
