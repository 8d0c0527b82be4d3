import keras
import numpy as np
import pytest

from abnormal.frames.clips import Clip, epoch_clips
from abnormal.training.batches import ClipBatches

CLIPS = [Clip(1, 0, 1), Clip(0, 4, 1), Clip(1, 2, 3), Clip(2, 0, 2), Clip(0, 0, 3)]


class Witness(keras.Sequential):
    """Keeps the clips that it is trained on, as the backend hands them over."""

    def train_step(self, *arguments):
        clips, _ = arguments[-1]  # under JAX the state comes before the batch
        self.seen = [*getattr(self, "seen", []), keras.ops.convert_to_numpy(clips)]
        return super().train_step(*arguments)


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (5, [5]), (8, [5])]
)
def test_the_last_batch_may_be_smaller(cache, batch_size, sizes):
    batches = ClipBatches(cache, CLIPS, 3, batch_size)
    assert len(batches) == len(sizes)
    assert [batches[index][0].shape for index in range(len(sizes))] == [
        (size, 3, 8, 8, 1) for size in sizes
    ]


def test_no_clips_are_no_batches(cache):
    assert len(ClipBatches(cache, [], 3, 4)) == 0


def test_a_clip_is_its_frames_in_order_of_time(cache):
    batch, _ = ClipBatches(cache, CLIPS, 3, 5)[0]
    assert batch.dtype == np.float32
    numbers = [[7, 8, 9], [4, 5, 6], [9, 12, 15], [16, 18, 20], [0, 3, 6]]
    for clip, frames in zip(batch, numbers, strict=True):
        for time, frame in enumerate(frames):
            assert np.array_equal(clip[time, :, :, 0], cache.frames[frame].astype("f4") / 255)


def test_pixels_are_in_0_to_1(cache):
    batch, _ = ClipBatches(cache, CLIPS, 3, 5)[0]
    assert 0 == batch.min() < batch.max() == np.float32(240 / 255)


def test_a_clip_is_its_own_target(cache):
    clips, targets = ClipBatches(cache, CLIPS, 3, 2)[1]
    assert np.array_equal(clips, targets)


def test_a_network_sees_the_clips_in_the_order_given(cache):
    clips = epoch_clips(cache.lengths, 3, (1, 2), seed=0, epoch=0)
    batches = ClipBatches(cache, clips, 3, 2)
    network = Witness([keras.Input((3, 8, 8, 1)), keras.layers.Dense(1)])
    network.compile("sgd", "mse", run_eagerly=True)
    network.fit(batches, shuffle=False, verbose=0)
    seen = np.concatenate(network.seen)
    expected = np.stack([cache.clip(clip, 3) for clip in clips])[..., None].astype("f4") / 255
    assert len(clips) > 4
    assert np.array_equal(seen, expected)
