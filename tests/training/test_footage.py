import collections
import dataclasses
import itertools

import pytest

from abnormal.errors import AbnormalError
from abnormal.frames.clips import clip_span, epoch_clips
from abnormal.frames.gaps import Gap
from abnormal.frames.manifest import write_manifest, write_record
from abnormal.training import footage as footage_module
from abnormal.training.footage import open_footage
from abnormal.training.split import BY_CAMERA, NEAR_SHARE


@pytest.fixture
def footage_of(tmp_path, make_img, options_of):
    """Opens footage that `make_img` makes and that has gaps before some frames of its videos."""

    def make(lengths, gaps, **options):
        img = tmp_path / "img"
        for record in make_img(img, lengths):
            starts = gaps.get(record.video, ())
            gapped = dataclasses.replace(record, gaps=tuple(Gap(n, 9.0 * n) for n in starts))
            write_record(record.folder(img), gapped)
        write_manifest(img)
        return open_footage(options_of(img, "model", **options))

    return make


@pytest.mark.parametrize("validation", [0, 0.3])
def test_no_clip_spans_a_gap(footage_of, validation):
    lengths = {"training/01": 60, "training/02": 30, "training/03": 3}
    footage = footage_of(lengths, {"01": (20, 23, 40)}, validation=validation)
    assert [record.video for record in footage.records] == ["01", "02"]
    assert [record.video for record in footage.too_short] == ["03"]
    whole = {(0, 20), (23, 40), (40, 60), (60, 90)}  # 20 to 22 is shorter than a clip
    parts = [
        (first, first + length)
        for cache in (footage.training, footage.held_out)
        for first, length in zip(cache.firsts, cache.lengths, strict=True)
    ]
    assert set(parts) == whole
    assert bool(footage.held_out.lengths) == bool(validation)
    names = footage.training_records + footage.held_out_records
    assert [record.video for record in names] == [
        "02" if first == 60 else "01" for first, _ in parts
    ]
    for clip in epoch_clips(footage.training.lengths, 4, (1, 2, 3), 0, 0):
        first = footage.training.firsts[clip.video] + clip.start
        stop = first + clip_span(4, clip.stride)
        assert any(start <= first and stop <= end for start, end in whole)
    assert sum(video.length for video in footage.normal_videos()) == 87


def test_footage_without_gaps_is_split_as_ever(footage_of):
    footage = footage_of({"training/01": 40}, {}, validation=0.25)
    assert (footage.training.firsts, footage.training.lengths) == ((0,), (30,))
    assert (footage.held_out.firsts, footage.held_out.lengths) == ((30,), (10,))


def test_different_rates_and_videos_without_a_camera_are_warned_of(
    make_img, options_of, tmp_path, caplog
):
    caplog.set_level("WARNING", "abnormal")
    for record in make_img(tmp_path, {"training/01": 40, "training/02": 40}):
        if record.video == "02":
            other = dataclasses.replace(record, camera="gate", fps=2 * record.fps)
            write_record(record.folder(tmp_path), other)
    write_manifest(tmp_path)
    open_footage(options_of(tmp_path, "model"))
    rates, nameless = caplog.messages
    assert "frame rates differ" in rates
    assert "camera gate" in rates
    assert nameless.startswith("1 videos (01, ...) name no camera, beside those of gate.")


def test_footage_that_is_nowhere_as_long_as_a_clip_is_refused(footage_of):
    with pytest.raises(AbnormalError, match="There is no training video of at least 4 frames"):
        footage_of({"training/01": 9}, {"01": (3, 6)})


def of_160_frames(monkeypatch):
    monkeypatch.setattr(footage_module, "MOST_HOURS", 160 / 25 / 3600)
    monkeypatch.setattr(footage_module, "LEAST_HOURS", 80 / 25 / 3600)


def test_much_footage_is_calibrated_on_by_whole_videos(footage_of, monkeypatch):
    of_160_frames(monkeypatch)
    lengths = {f"training/{number:02d}": 10 for number in range(40)}
    videos = footage_of(lengths, {}, validation=0).normal_videos()
    assert {video.length for video in videos} == {10}
    numbers = [int(video.name) for video in videos]
    assert len(numbers) == 16
    assert max(b - a for a, b in itertools.pairwise([0, *numbers, 40])) <= 3


@pytest.mark.parametrize("frames", [170, 400, 2000])
def test_long_videos_are_calibrated_on_by_parts_of_all_of_them(footage_of, monkeypatch, frames):
    of_160_frames(monkeypatch)
    footage = footage_of({"training/01": frames}, {}, validation=0)
    videos = footage.normal_videos()
    assert sum(video.length for video in videos) == pytest.approx(160, abs=20)
    assert {video.name for video in videos} == {"01"}
    borders = [border for video in videos for border in video.open_frames.args[1:]]
    assert borders == sorted(borders)
    assert borders[0] <= frames / 8
    assert borders[-1] >= frames * 7 / 8


def test_each_camera_is_calibrated_on_its_own_footage(make_img, options_of, tmp_path, monkeypatch):
    of_160_frames(monkeypatch)
    lengths = {f"training/{number:02d}": 10 for number in range(40)}
    for record in make_img(tmp_path, lengths):
        number = int(record.video)
        camera = "rare" if number > 34 else ("yard", "gate")[number % 2]
        write_record(record.folder(tmp_path), dataclasses.replace(record, camera=camera))
    write_manifest(tmp_path)
    videos = open_footage(options_of(tmp_path, "model", validation=0)).normal_videos()
    counts = collections.Counter(video.camera for video in videos)
    assert counts == {"yard": 8, "gate": 8, "rare": 5}  # 160 frames for three are less than 80 each


def test_of_what_is_held_out_no_more_is_calibrated_on(footage_of, monkeypatch):
    of_160_frames(monkeypatch)
    videos = footage_of({"training/01": 2000}, {}, validation=0.5).normal_videos()
    for held_out in (False, True):
        frames = sum(video.length for video in videos if video.held_out == held_out)
        assert frames == pytest.approx(160, abs=20)


def test_a_gap_near_the_end_is_not_all_that_is_held_out(footage_of):
    footage = footage_of({"training/01": 100}, {"01": (94,)}, validation=0.2)
    assert footage.split == NEAR_SHARE
    assert (footage.training.firsts, footage.training.lengths) == ((0, 94), (74, 6))
    assert (footage.held_out.firsts, footage.held_out.lengths) == ((74,), (20,))


def test_runs_of_earlier_versions_cut_no_video(footage_of, options_of, tmp_path):
    footage_of({"training/01": 100}, {"01": (94,)})
    options = options_of(tmp_path / "img", "model", validation=0.2)
    for rule in (None, BY_CAMERA):
        footage = open_footage(options, rule)
        assert footage.split is None  # there is one camera
        assert footage.held_out.lengths == (6,)
