"""Clips that show nothing new take over a reconstruction, and nothing else changes."""

import numpy as np
import pytest

from abnormal.frames.clips import ClipWindow, to_input
from abnormal.inference.still import StillClips, look_alike, reconstruct_new
from abnormal.scoring.residual import ClipResidual

LENGTH, SIZE, FPS = 4, 48, 8.0
SCENE = np.random.default_rng(0).integers(40, 200, (LENGTH, SIZE, SIZE), np.uint8)


def noisy(seed, sigma=2.0, frames=SCENE):
    noise = np.random.default_rng(seed).normal(0, sigma, frames.shape)
    return np.clip(frames + noise, 0, 255).astype(np.uint8)


def changed(frame, rows, columns, levels):
    frames = SCENE.copy()
    frames[frame, rows, columns] = frames[frame, rows, columns] + np.asarray(levels)
    return frames


CHECKS = np.where(np.indices((8, 8)).sum(axis=0) % 2, 30, -30)


@pytest.mark.parametrize(
    ("frames", "alike"),
    [
        (SCENE, True),
        (SCENE + np.uint8(1), True),  # a cloud begins to move
        (SCENE + np.uint8(3), False),
        (noisy(1), True),
        (changed(2, slice(8, 16), slice(16, 24), 3), False),  # one cell of one frame
        (changed(2, slice(8, 16), slice(16, 24), CHECKS), False),  # as bright, but another thing
        (changed(0, slice(0, 1), slice(0, 1), 50), True),  # a pixel
        (SCENE[::-1].copy(), False),
    ],
)
def test_clips_look_alike_if_no_cell_of_any_frame_differs_by_more_than_noise(frames, alike):
    assert look_alike(frames, SCENE) == alike


class Network:
    """Reconstructs each clip as a copy that is darker by a hundredth for each call before."""

    def __init__(self):
        self.seen = []

    def __call__(self, windows):
        self.seen.append(len(windows))
        darker = np.float32(len(self.seen) / 100)
        return [
            ClipResidual(frames, frames - darker, speed=window.speed, new=window.new)
            for window in windows
            for frames in [to_input(window.frames)]
        ]


def window(frames, new=slice(0, LENGTH)):
    return ClipWindow(frames, np.ones(frames.shape, np.float32), new)


def test_what_is_still_is_reconstructed_once_and_keeps_its_own_frames():
    network, still = Network(), StillClips(FPS)
    clips = [noisy(seed) for seed in range(4)]
    clips[2] = 255 - clips[2]
    windows = [window(frames, slice(1, LENGTH)) for frames in clips]
    first = reconstruct_new([(still, one) for one in windows], network)
    later = reconstruct_new([(still, window(clips[3]))], network)
    assert network.seen == [3]  # the first, the one that differs, and the one after it
    assert np.array_equal(first[1].reconstruction, first[0].reconstruction)
    assert np.array_equal(later[0].reconstruction, first[3].reconstruction)
    for frames, residual in zip(clips, first, strict=True):
        assert np.array_equal(residual.frames, to_input(frames))
        assert residual.new == slice(1, LENGTH)
        assert residual.speed.min() == 1


def test_a_reconstruction_serves_for_ten_seconds_at_most():
    network, still = Network(), StillClips(FPS)
    for _ in range(43):  # of half a second each
        reconstruct_new([(still, window(SCENE))], network)
    assert len(network.seen) == 3


def test_slow_changes_do_not_add_up_unseen():
    network, still = Network(), StillClips(FPS)
    for levels in range(9):
        reconstruct_new([(still, window(SCENE + np.uint8(levels)))], network)
    assert len(network.seen) == 3  # at 0, 3 and 6 levels


def test_each_video_is_compared_with_itself_alone_and_exact_is_exact():
    network = Network()
    gate, door = StillClips(FPS), StillClips(FPS)
    reconstruct_new([(gate, window(SCENE)), (door, window(255 - SCENE))], network)
    reconstruct_new([(gate, window(SCENE)), (door, window(255 - SCENE))], network)
    assert network.seen == [2]
    reconstruct_new([(None, window(SCENE)), (None, window(SCENE))], network)
    assert network.seen == [2, 2]
