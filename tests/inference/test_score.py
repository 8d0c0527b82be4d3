import itertools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.errors import AbnormalError
from abnormal.frames.clips import to_input
from abnormal.inference import stream
from abnormal.inference.score import (
    BATCH_FRAMES,
    READ_AHEAD,
    frame_scores,
    residuals,
)
from abnormal.inference.scored_video import ScoredVideo
from abnormal.inference.stream import FrameScorer, ResidualStream
from abnormal.scoring.residual import SCORES

lengths = st.integers(1, 35)
clip_lengths = st.integers(1, 10)


def random_frames(count):
    return np.random.default_rng(count).integers(0, 256, (count, 8, 8), np.uint8)


def scores_of(frames, reconstruct, length, take=None):
    """The scores that are not local, as they come from each clip."""
    clips = residuals(frames, reconstruct, length, ResidualStream(flow=False))
    return frame_scores(clips, FrameScorer(10.0, None), take).raw


def black(clips):
    return np.zeros_like(clips)


def darker_with_time(clips):
    """Takes a hundredth of the light for each place in the clip: none of the first frame's."""
    places = np.arange(clips.shape[1], dtype=np.float32)[:, None, None, None]
    return clips * (1 - places / 100)


def place_in_clip(frame, count, length):
    """Where a frame is in the clip that its score comes from; short videos are padded."""
    last_whole = count // length * length
    if frame < last_whole or count < length:
        return frame % length
    return frame - (count - length)


@settings(deadline=None)
@given(lengths, clip_lengths)
def test_every_frame_gets_one_score(count, length):
    scores = scores_of(random_frames(count), black, length)
    assert list(scores) == list(SCORES)
    assert {values.shape for values in scores.values()} == {(count,)}


@settings(deadline=None)
@given(lengths, clip_lengths)
def test_a_score_is_that_of_its_own_frame(count, length):
    """Frames that are shifted, mixed with others or read along another axis would show."""
    frames = random_frames(count)
    norms = np.sqrt(np.square(frames / 255).sum((1, 2)))
    assert scores_of(frames, black, length)["l2"] == pytest.approx(norms, rel=1e-5)


@settings(deadline=None)
@given(lengths, clip_lengths)
def test_a_reconstruction_is_that_of_its_own_frame(count, length):
    frames = random_frames(count)
    norms = np.sqrt(np.square(frames / 255).sum((1, 2)))
    places = np.array([place_in_clip(frame, count, length) for frame in range(count)])
    scores = scores_of(frames, darker_with_time, length)["l2"]
    np.testing.assert_allclose(scores, norms * places / 100, rtol=1e-4, atol=1e-5)


@settings(deadline=None)
@given(lengths, clip_lengths)
def test_the_difference_is_to_the_frame_before_across_clips(count, length):
    frames = random_frames(count)
    change = np.abs(np.diff(frames / 255, axis=0, prepend=frames[:1] / 255)).mean((1, 2))
    if count > 1 and length > 1:  # before the first frame there is none: it takes the next one's
        change[0] = change[1]
    assert scores_of(frames, black, length)["difference"] == pytest.approx(change, abs=1e-6)


def test_the_gradient_stays_within_a_clip():
    greys = np.array([0, 0, 0, 0, 200, 200, 200, 200, 200, 255], np.uint8)
    frames = np.broadcast_to(greys[:, None, None], (10, 8, 8))
    scores = scores_of(frames, black, 4)["gradient"]
    # The jump between two clips does not count; the last clip is that of frames 6 to 9.
    assert scores == pytest.approx([0] * 9 + [55 / 255])


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_short_video_is_filled_up_with_its_last_frame(count):
    frames, seen = random_frames(count), []
    scores_of(frames, lambda clips: seen.append(clips) or clips, 10)
    (clips,) = seen
    assert clips.shape == (1, 10, 8, 8, 1)
    assert np.array_equal(clips[0, :count, ..., 0], to_input(frames))
    assert (clips[0, count:] == clips[0, count - 1]).all()


def test_the_network_sees_clips_in_order_with_time_as_axis_1():
    frames, seen = random_frames(60), []
    scores_of(frames, lambda clips: seen.append(clips) or clips, 3)
    assert [clips.shape for clips in seen] == [(13, 3, 8, 8, 1), (7, 3, 8, 8, 1)]
    assert {clips.dtype.name for clips in seen} == {"float32"}
    assert np.array_equal(np.concatenate(seen).reshape(60, 8, 8), to_input(frames))


@settings(deadline=None)
@given(lengths, clip_lengths)
def test_all_frames_are_shown_once_with_their_own_reconstruction(count, length):
    frames, seen = random_frames(count), []
    scores_of(frames, darker_with_time, length, lambda *shown: seen.append(shown[:2]))
    shown, reconstruction = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    np.testing.assert_array_equal(shown, to_input(frames))
    places = np.array([place_in_clip(frame, count, length) for frame in range(count)])
    expected = shown * (1 - places / 100)[:, None, None]
    np.testing.assert_allclose(reconstruction, expected, atol=1e-6)


def test_clips_of_one_frame_have_the_gradient_of_the_residual_from_frame_to_frame():
    frames = random_frames(45)
    scores = scores_of(frames, lambda clips: clips / 2, 1)["gradient"]
    change = np.abs(np.diff(frames / 255 / 2, axis=0, prepend=frames[:1] / 255 / 2))
    assert scores == pytest.approx(change.mean((1, 2)), abs=1e-6)


def test_only_some_frames_are_read_ahead():
    read, batches = [], []

    def reading():
        for frame in random_frames(400):
            read.append(1)
            yield frame

    def reconstruct(clips):
        batches.append(len(clips))
        assert len(read) <= 5 * sum(batches) + READ_AHEAD + BATCH_FRAMES + 4
        return clips

    scores_of(reading(), reconstruct, 5)
    assert batches == [BATCH_FRAMES // 5] * 10


def test_when_the_network_fails_no_thread_goes_on_reading():
    threads = threading.active_count()

    def fails(clips):
        raise MemoryError("too little")

    with pytest.raises(MemoryError, match="too little") as caught:
        scores_of(itertools.cycle(random_frames(10)), fails, 5)
    assert caught.traceback  # which is still there, and all that it knows
    assert threading.active_count() == threads


def test_when_a_score_fails_no_thread_goes_on_reading():
    threads, closed = threading.active_count(), []

    def reading():
        try:
            yield from itertools.cycle(random_frames(10))
        finally:
            closed.append(True)

    def fails(*_):
        raise MemoryError("too little")

    with pytest.raises(MemoryError, match="too little") as caught:
        scores_of(reading(), black, 5, fails)
    assert caught.traceback
    assert closed
    assert threading.active_count() == threads


def test_a_video_without_frames_is_said_to_have_none():
    with pytest.raises(AbnormalError, match="No frame of it could be read"):
        scores_of([], black, 10)


def test_a_network_that_gives_no_numbers_is_an_error():
    with pytest.raises(AbnormalError, match="not finite"):
        scores_of(random_frames(5), lambda clips: clips * np.float32("nan"), 5)


def test_what_alarms_use_is_calm_and_causal():
    frames = np.zeros((4, 8, 8), np.uint8)
    frames[1:, 0, :] = np.array([51, 102, 0])[:, None]
    clips = residuals(frames, black, 1, ResidualStream(flow=False))
    scored = frame_scores(clips, FrameScorer(2.0, None))
    assert scored.raw["l1"] == pytest.approx([0, 1.6, 3.2, 0], abs=1e-6)
    assert scored.causal["l1"] == pytest.approx([0, 0.8, 2.4, 1.6], abs=1e-6)
    assert list(scored.causal) == list(scored.raw)


def test_the_regularity_is_by_the_error_that_is_not_smoothed():
    raw = {"l2": np.array([1.0, 4.0, 2.0])}
    video = ScoredVideo("a", 25.0, raw, {"l2": np.zeros(3)})
    assert video.regularity().tolist() == [1, 0.25, 0.75]


@pytest.mark.parametrize("count", [1, 3, 4, 5, 22, 23, 24])
def test_a_clip_knows_the_frame_before_it(count, monkeypatch):
    frames, clips = random_frames(count), []
    probe = {"probe": lambda clip: clips.append(clip) or np.zeros(len(clip.frames))}
    monkeypatch.setattr(stream, "SCORES", probe)
    scores_of(frames, black, 4)
    starts = [*range(0, count - 3, 4), *([count - 4] if count > 4 and count % 4 else [])] or [0]
    assert [clip.previous is None for clip in clips] == [start == 0 for start in starts]
    for start, clip in zip(starts, clips, strict=True):
        assert np.array_equal(clip.frames[0], to_input(frames[start]))
        if start:
            assert np.array_equal(clip.previous, to_input(frames[start - 1]))
