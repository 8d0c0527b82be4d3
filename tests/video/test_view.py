import cv2
import numpy as np
import pytest

from abnormal.video.view import SIDE_PX, View, shrink

SIZE = 224
DRAW = np.random.default_rng(0)


def scene():
    """Patches of all greys, as large as walls, doors and windows."""
    small = np.random.default_rng(1).integers(20, 235, (SIZE // 8, SIZE // 8)).astype(np.uint8)
    return cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)


def noisy(image, deviation):
    return np.clip(image + DRAW.normal(0, deviation, image.shape), 0, 255).astype(np.uint8)


def moved(image, right, down=0.0):
    by = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(image, by, image.shape[::-1], borderMode=cv2.BORDER_REFLECT)


def crowded(image, share):
    image = image.copy()
    image[:, : round(share * SIZE)] = DRAW.integers(0, 255, (SIZE, round(share * SIZE)))
    return image


@pytest.mark.parametrize(
    ("change", "least", "most"),
    [
        (lambda image: image, 1.0, 1.0),
        (lambda image: noisy(image * 0.4, 5), 0.9, 1.0),
        (lambda image: (255 * (image / 255) ** 2).astype(np.uint8), 0.9, 1.0),
        (lambda image: moved(image, 5, -4), 0.7, 1.0),
        (lambda image: crowded(image, 0.4), 0.5, 0.7),
        (lambda image: moved(image, 20), 0.0, 0.3),
        (lambda image: np.ascontiguousarray(image[::-1, ::-1]), 0.0, 0.3),
        (lambda image: 255 - image, 0.0, 0.1),
        (lambda image: noisy(np.full_like(image, 40), 3), 0.0, 0.0),
    ],
)
def test_light_and_shake_leave_a_view_what_it_is_and_nothing_else_does(change, least, most):
    assert least <= View(scene()).likeness(shrink(change(scene()))) <= most


def test_a_likeness_that_is_enough_is_not_improved_on():
    view, small = View(scene()), shrink(moved(scene(), 6))
    assert 0.3 <= view.likeness(small, 0.3) <= view.likeness(small)


def test_a_picture_without_structure_is_plain():
    assert View(np.full((SIZE, SIZE), 90, np.uint8)).is_plain
    assert not View(scene()).is_plain
    assert shrink(scene()).shape == (SIDE_PX, SIDE_PX)
