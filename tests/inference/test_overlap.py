"""Clips that overlap give the scores of their clips, and share what they can."""

import keras
import numpy as np
import pytest

from abnormal.frames.clips import stream_clips, to_input
from abnormal.inference.overlap import Overlap, make_overlap
from abnormal.inference.reconstruct import ClipReconstructor
from abnormal.inference.runtimes import RUNTIMES, keras_runtime
from abnormal.inference.score import residuals
from abnormal.inference.stream import ResidualStream
from abnormal.models.lazy_network import lazy
from abnormal.models.networks import NETWORKS
from abnormal.scoring.residual import SCORES
from abnormal.video.flow import without_speed

LENGTH, SIZE = 6, 35


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return NETWORKS["spatiotemporal"](LENGTH, SIZE)


def frames_of(count):
    return np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE), np.uint8)


def whole_clips(network, frames, hop):
    """The reconstructions of all frames of each clip, by the stock network."""
    windows = list(stream_clips(without_speed(frames), LENGTH, hop))
    clips = to_input(np.stack([window.frames for window in windows]))
    return windows, network.predict_on_batch(clips[..., None])[..., 0]


@pytest.mark.parametrize("runtime", list(RUNTIMES)[:2])
@pytest.mark.parametrize("hop", [1, 2, 3, 5])
def test_the_last_frames_are_those_of_the_whole_clip(network, hop, runtime):
    if runtime != "keras":
        pytest.importorskip("openvino", reason="OpenVINO is not installed")
    windows, expected = whole_clips(network, frames_of(17), hop)
    overlap = make_overlap(lazy(network), runtime, hop, LENGTH)
    assert (overlap.split is not None) == (hop < 3)  # of more there is less to share than to do
    clips = ClipReconstructor(RUNTIMES[runtime](lazy(network)), overlap)
    found = [
        residual
        for first in range(0, len(windows), 2)
        for residual in clips.add(windows[first : first + 2])
    ]
    assert len(found[0].frames) == LENGTH
    for window, residual, all_frames in zip(windows, found, expected, strict=True):
        count = len(residual.reconstruction)
        assert residual.position == LENGTH - count
        assert len(residual.new_positions) == window.new.stop - window.new.start
        assert np.array_equal(residual.new_positions, np.arange(LENGTH)[window.new])
        assert np.array_equal(residual.frames, to_input(window.frames[-count:]))
        np.testing.assert_allclose(residual.reconstruction, all_frames[-count:], atol=1e-5)


@pytest.mark.parametrize("count", [1, 5, 6, 7, 19])
@pytest.mark.parametrize("hop", [1, 2])
def test_every_score_is_that_of_its_frame_in_the_whole_clip(network, count, hop):
    frames, reconstruct = frames_of(count), keras_runtime(network)
    split = make_overlap(lazy(network), "keras", hop, LENGTH)
    found = [
        {
            name: np.concatenate([score(residual)[residual.new] for residual in those])
            for name, score in SCORES.items()
        }
        for those in (
            list(residuals(frames, reconstruct, LENGTH, ResidualStream(flow=False), overlap))
            for overlap in (split, Overlap(hop, None))
        )
    ]
    for name, values in found[0].items():
        assert len(values) == count
        np.testing.assert_allclose(values, found[1][name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_each_frame_is_encoded_once_and_no_more_is_decoded_than_asked(network):
    encoded, decoded = [], []
    split = make_overlap(lazy(network), "keras", 1, LENGTH).split
    counting = split._replace(
        encode=lambda inputs: encoded.append(len(inputs)) or split.encode(inputs),
        decode=lambda inputs: decoded.append(len(inputs)) or split.decode(inputs),
    )
    whole = []
    reconstruct = keras_runtime(network)
    list(
        residuals(
            frames_of(20),
            lambda clips: whole.append(len(clips)) or reconstruct(clips),
            LENGTH,
            ResidualStream(flow=False),
            Overlap(1, counting),
        )
    )
    assert (sum(encoded), sum(decoded), sum(whole)) == (20, 14, 1)


@pytest.mark.parametrize(("name", "size"), [("stcae", 83)])
def test_a_network_that_takes_a_clip_as_a_whole_shares_nothing(name, size):
    network = lazy(NETWORKS[name](LENGTH, size))
    assert make_overlap(network, "keras", 1, LENGTH).split is None
