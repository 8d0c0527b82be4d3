import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abnormal.training.split import Part, split_by_camera, split_near_share, split_videos

lengths = st.lists(st.integers(10, 300), min_size=1, max_size=12)
shares = st.floats(0, 0.9)
seeds = st.integers(0, 50)


def frames_of(parts):
    return {(part.video, frame) for part in parts for frame in range(part.start, part.stop)}


@settings(deadline=None)
@given(lengths, shares, seeds)
def test_every_frame_is_on_one_side(video_lengths, share, seed):
    training, held_out = split_videos(video_lengths, 10, share, seed)
    everything = {
        (video, frame) for video, count in enumerate(video_lengths) for frame in range(count)
    }
    assert frames_of(training) | frames_of(held_out) == everything
    assert not frames_of(training) & frames_of(held_out)
    assert training


@settings(deadline=None)
@given(lengths.filter(lambda video_lengths: len(video_lengths) > 1), shares, seeds)
def test_videos_are_held_out_whole(video_lengths, share, seed):
    training, held_out = split_videos(video_lengths, 10, share, seed)
    for part in training + held_out:
        assert (part.start, part.stop) == (0, video_lengths[part.video])
    if share:
        assert held_out
        wanted, frames = share * sum(video_lengths), len(frames_of(held_out))
        assert frames < 2 * wanted or len(held_out) == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_long_video_is_not_held_out_where_a_short_one_will_do(seed):
    _, held_out = split_videos([1000, 100], 10, 0.15, seed)
    assert held_out == [Part(1, 0, 100)]


@pytest.mark.parametrize("seed", range(6))
def test_the_share_is_met_as_nearly_as_whole_videos_allow(seed):
    _, held_out = split_videos([100] * 20, 10, 0.15, seed)
    assert len(held_out) == 3


@settings(deadline=None)
@given(lengths, shares, seeds)
def test_the_same_is_held_out_again(video_lengths, share, seed):
    first = split_videos(video_lengths, 10, share, seed)
    assert split_videos(video_lengths, 10, share, seed) == first


def test_the_seed_decides_which_videos_are_held_out():
    held = {split_videos([100] * 6, 10, 0.15, seed)[1][0].video for seed in range(30)}
    assert held == set(range(6))


@pytest.mark.parametrize("video_lengths", [[100], [100, 200, 50]])
def test_a_share_of_0_holds_nothing_out(video_lengths):
    training, held_out = split_videos(video_lengths, 10, 0.0, 0)
    assert training == [Part(video, 0, count) for video, count in enumerate(video_lengths)]
    assert held_out == []


@pytest.mark.parametrize(
    ("frames", "share", "start"),
    [(200, 0.15, 170), (100, 0.5, 50), (30, 0.1, 20), (20, 0.15, 10), (19, 0.15, None)],
)
def test_of_a_single_video_the_end_is_held_out(frames, share, start):
    training, held_out = split_videos([frames], 10, share, 0)
    if start is None:  # too short for a clip on both sides
        assert (training, held_out) == ([Part(0, 0, frames)], [])
    else:
        assert (training, held_out) == ([Part(0, 0, start)], [Part(0, start, frames)])


def test_parts_are_in_the_order_of_their_videos():
    training, held_out = split_videos([100] * 20, 10, 0.4, 3)
    for parts in (training, held_out):
        assert np.all(np.diff([part.video for part in parts]) > 0)
    assert len(held_out) == 8


@settings(deadline=None)
@given(lengths, st.floats(0.01, 0.9), seeds, st.lists(st.sampled_from("abc"), min_size=12))
def test_a_part_of_each_camera_is_held_out(video_lengths, share, seed, cameras):
    cameras = cameras[: len(video_lengths)]
    training, held_out = split_by_camera(video_lengths, cameras, 10, share, seed)
    assert len(frames_of(training)) + len(frames_of(held_out)) == sum(video_lengths)
    assert not frames_of(training) & frames_of(held_out)
    for camera in {*cameras}:
        of_camera = [video for video, name in enumerate(cameras) if name == camera]
        assert {part.video for part in training} & {*of_camera}
        if len(of_camera) > 1:
            assert {part.video for part in held_out} & {*of_camera}
    for parts in (training, held_out):
        assert np.all(np.diff([part.video for part in parts]) > 0)


def test_each_camera_gives_its_share():
    cameras = ["a", "b"] * 20
    _, held_out = split_by_camera([100] * 40, cameras, 10, 0.15, 0)
    assert [cameras[part.video] for part in held_out].count("a") == 3
    assert len(held_out) == 6
    assert {part.video // 2 for part in held_out if part.video % 2} != {
        part.video // 2 for part in held_out if not part.video % 2
    }


@settings(deadline=None)
@given(lengths, shares, seeds)
def test_a_single_camera_is_split_as_before_cameras_were_told_apart(video_lengths, share, seed):
    cameras = ["gate"] * len(video_lengths)
    assert split_by_camera(video_lengths, cameras, 10, share, seed) == split_videos(
        video_lengths, 10, share, [seed]
    )


@pytest.mark.parametrize(
    ("video_lengths", "start"),
    [
        ((9_980, 20), 8_480),  # a gap shortly before the end: 20 frames were held out
        ((20, 9_980), 8_480),
        ((5_000, 5_000), 3_500),  # a pause in the middle: half was
        ((2_500, 2_500, 2_500, 2_500), None),  # of four whole ones, one is near enough
        ((14, 14), None),  # too short to be cut
    ],
)
def test_where_whole_videos_are_far_from_the_share_the_end_of_the_longest_is_held_out(
    video_lengths, start
):
    for seed in range(6):
        split = split_near_share(video_lengths, 10, 0.15, seed)
        if start is None:
            assert split == split_videos(video_lengths, 10, 0.15, seed)
        else:
            longest = int(np.argmax(video_lengths))
            assert split[1] == [Part(longest, start, video_lengths[longest])]
            assert frames_of(split[0]) | frames_of(split[1]) == {
                (video, n) for video, count in enumerate(video_lengths) for n in range(count)
            }


@pytest.mark.parametrize(
    "video_lengths",
    [
        (120, 150, 150, 180, 180, 150, 150, 120, *(180,) * 5, 150, 150, 150),  # Ped2
        (300, 1223, 781, 145, 244),  # the part of Avenue that docs/RESULTS.md is about
        (250,) * 6,  # the demo
    ],
)
def test_usual_footage_is_split_into_whole_videos(video_lengths):
    for seed in range(50):
        cameras = ["gate"] * len(video_lengths)
        cut = split_by_camera(video_lengths, cameras, 10, 0.15, seed, may_cut=True)
        assert cut == split_by_camera(video_lengths, cameras, 10, 0.15, seed)


@settings(deadline=None)
@given(lengths, st.floats(0.01, 0.9), seeds)
def test_a_cut_is_nearer_to_the_share(video_lengths, share, seed):
    wanted, clip = share * sum(video_lengths), 10
    whole = split_videos(video_lengths, clip, share, seed)
    cut = split_near_share(video_lengths, clip, share, seed)
    assert len(frames_of(cut[0])) + len(frames_of(cut[1])) == sum(video_lengths)
    assert not frames_of(cut[0]) & frames_of(cut[1])
    far, near = (abs(len(frames_of(held)) - wanted) for _, held in (whole, cut))
    assert cut == whole or near < far or near < clip
