"""What a network gives: from uint8 clips to residuals, and only finite ones."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abnormal.errors import AbnormalError
from abnormal.frames.clips import stream_clips, to_input
from abnormal.inference.overlap import Overlap, SplitNetwork
from abnormal.inference.reconstruct import ClipReconstructor, NotFiniteError
from abnormal.inference.runtimes import RUNTIMES
from abnormal.models.lazy_network import lazy
from abnormal.models.networks import NETWORKS
from abnormal.video.flow import MovingFrame

LENGTH = 6
SMALL = {"spatiotemporal": (3, 35), "cae": (1, 16), "stcae": (2, 83), "lstm_stcae": (3, 35)}


def windows_of(count, hop=None, length=LENGTH, size=8):
    images = np.random.default_rng(count).integers(0, 256, (count, size, size), np.uint8)
    speeds = np.random.default_rng(count).random((count, size, size), np.float32)
    return list(stream_clips(map(MovingFrame, images, speeds), length, hop, with_speed=True))


def split(clips_seen):
    """A network in two parts that gives back its last frames at half their light."""

    def decode(features):
        clips_seen.append(len(features))
        return features[:, -3:] / 2

    return SplitNetwork(lambda frames: frames, decode)


@given(st.integers(1, 40), st.booleans())
def test_a_residual_has_the_frames_speeds_and_new_frames_of_its_clip(count, is_split):
    windows, seen = windows_of(count, hop=2), []
    overlap = Overlap(2, split(seen) if is_split else None)
    residuals = ClipReconstructor(lambda clips: clips / 2, overlap).add(windows)
    assert len(residuals) == len(windows)
    assert sum(seen) == (len(windows) - 1 if is_split else 0)
    for window, residual in zip(windows, residuals, strict=True):
        shown = slice(residual.position, None)
        assert np.array_equal(residual.frames, to_input(window.frames[shown]))
        assert np.array_equal(residual.reconstruction, residual.frames / 2)
        assert np.array_equal(residual.speed, window.speed[shown])
        assert np.array_equal(residual.new_positions, np.arange(LENGTH)[window.new])
        assert len(residual.frames[residual.new]) == window.new.stop - window.new.start


def test_clips_are_converted_once_and_go_through_the_network_together():
    seen = []
    windows = windows_of(3 * LENGTH)
    residuals = ClipReconstructor(lambda clips: seen.append(clips) or clips).add(windows)
    (clips,) = seen
    assert (clips.shape, clips.dtype) == ((3, LENGTH, 8, 8, 1), np.float32)
    for clip, residual in zip(clips, residuals, strict=True):
        assert np.shares_memory(clip, residual.frames)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("part", ["whole", "decode"])
def test_what_is_not_finite_is_an_error_that_says_what_to_do(value, part):
    def spoilt(clips):
        outputs = clips / 2
        outputs[-1, -1, 3, 4] = value
        return outputs

    overlap = None
    if part == "decode":
        overlap = Overlap(2, SplitNetwork(lambda frames: frames, lambda f: spoilt(f[:, -3:])))
    whole = spoilt if part == "whole" else lambda clips: clips
    with pytest.raises(AbnormalError, match=r"not finite.*--learning-rate") as caught:
        ClipReconstructor(whole, overlap).add(windows_of(2 * LENGTH, hop=2))
    assert isinstance(caught.value, NotFiniteError)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("runtime", list(RUNTIMES)[:2])
def test_no_network_overwrites_the_frames_that_it_is_given(name, runtime):
    """The residual is computed from the same array that the network got."""
    if runtime != "keras":
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
    keras.utils.set_random_seed(0)
    length, size = SMALL[name]
    reconstructor = ClipReconstructor(RUNTIMES[runtime](lazy(NETWORKS[name](length, size))))
    windows = windows_of(3 * length, length=length, size=size)
    for window, residual in zip(windows, reconstructor.add(windows), strict=True):
        assert np.array_equal(residual.frames, to_input(window.frames))
