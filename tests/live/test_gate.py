"""The drawn street, as a camera sees it that something happens to."""

import functools
import itertools

import cv2
import numpy as np
import pytest

from abnormal.datasets.demo import find_demo
from abnormal.live.gate import FAULTS, PictureGate
from abnormal.video.resample import resize

FPS, SIZE, PAST = 10.0, 160, 90
DRAW = np.random.default_rng(0)


@functools.cache
def street():
    """Ordinary life: nine seconds to know the camera by, and three more."""
    video = next(iter(find_demo(training_clips=1, clip_frames=120)))
    with video.open_frames() as stream:
        return [resize(frame.image, SIZE, SIZE) for frame in itertools.islice(stream.frames, 120)]


def moved(image, right, down=0.0):
    by = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(image, by, image.shape[::-1], borderMode=cv2.BORDER_REFLECT)


def noise(image, level, deviation):
    return np.clip(DRAW.normal(level, deviation, image.shape), 0, 255).astype(np.uint8)


def kinds(change):
    """What the gate says of the last three seconds, changed, after nine seconds as they were."""
    gate = PictureGate(FPS)
    for image in street()[:PAST]:
        assert gate(image) == ("", "")
    return [gate(change(image))[0] for image in street()[PAST:]]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("black", lambda image: noise(image, 4, 2)),
        ("covered", lambda image: noise(image, 90, 3)),
        ("blurred", lambda image: cv2.GaussianBlur(image, (0, 0), 2)),
        ("shifted", lambda image: moved(image, 14, 4)),
        ("shifted", lambda image: np.ascontiguousarray(image[::-1, ::-1])),
    ],
)
def test_what_lasts_is_said_of_every_picture(kind, change):
    assert set(kinds(change)) == {kind}


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: moved(image, 1, 1),
        lambda image: np.clip(image * 1.15, 0, 255).astype(np.uint8),
        lambda image: np.clip(image + DRAW.normal(0, 5, image.shape), 0, 255).astype(np.uint8),
        lambda image: cv2.imdecode(cv2.imencode(".jpg", image, [1, 20])[1], 0),
    ],
)
def test_what_a_camera_does_every_day_is_not_said(change):
    assert set(kinds(change)) == {""}


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_a_light_that_is_switched_is_said_for_a_second(factor):
    said = kinds(lambda image: np.clip(image * factor, 0, 255).astype(np.uint8))
    assert said == ["light"] * 10 + [""] * 20


def test_a_picture_that_stands_still_is_said_after_three_seconds():
    gate = PictureGate(FPS)
    said = [gate(image)[0] for image in street()[:PAST] + street()[PAST:][:1] * 50]
    assert said[PAST:] == [""] * 31 + ["frozen"] * 19
    assert gate(street()[-1]) == ("", "")


def test_a_camera_that_often_stands_still_is_given_more_time():
    gate = PictureGate(1.0)
    often = [image for image in street()[:20] for _ in range(3)]  # three seconds each
    for image in often:
        assert gate(image) == ("", "")
    said = [gate(image)[0] for image in street()[50:51] * 9]
    assert said == [""] * 7 + ["frozen"] * 2


def test_a_lorry_that_fills_the_picture_is_no_lamp():
    lorry = cv2.resize(DRAW.integers(100, 255, (8, 8)).astype(np.uint8), (SIZE, SIZE))
    assert "light" not in kinds(lambda image: lorry)


def test_it_says_what_it_measured():
    for kind in FAULTS:
        assert kind.isalpha()
    gate = PictureGate(FPS)
    assert gate(np.zeros((SIZE, SIZE), np.uint8)) == (
        "black",
        "99 % of the pixels are below 0 of 255",
    )


@pytest.mark.parametrize("every", [1, 5, 17])
def test_a_frozen_picture_is_found_by_its_time_however_many_are_dropped(every):
    gate = PictureGate(FPS)
    for number, image in enumerate(street()[:PAST]):
        gate(image, number / FPS)
    found = [
        number / FPS - PAST / FPS
        for number in range(PAST, PAST + 100, every)
        if gate(street()[PAST], number / FPS)[0] == "frozen"
    ]
    assert 3 < found[0] <= 3 + (every + 1) / FPS
