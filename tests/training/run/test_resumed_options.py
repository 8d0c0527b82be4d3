"""A run that goes on says so, keeps what it began with, and refuses what is of another run."""

import dataclasses
import shutil

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.frames.gaps import Gap
from abnormal.frames.manifest import VideoRecord, write_manifest, write_record
from abnormal.frames.writer import write_frames
from abnormal.models.model_file import load_model
from abnormal.names import AUTO_BATCH_SIZE
from abnormal.training import run as run_module
from abnormal.training.checkpoints import list_checkpoints, load_checkpoint
from abnormal.training.footage import open_footage
from abnormal.video.stream import Frame
from tests.training.run.running import BATCHES, EPOCHS, SIZE, Death, Meter, die, go, made


def test_a_resumed_run_says_so_and_does_only_what_is_left(options, said):
    with pytest.raises(Death):
        go(options, Meter(BATCHES + 3, die))
    meter = Meter()

    go(options, meter)

    assert "going on at epoch 2, batch 3" in said()
    assert meter.batches == EPOCHS * BATCHES - (BATCHES + 2)


def test_a_batch_size_that_was_found_is_kept(options, monkeypatch, said):
    options = dataclasses.replace(options, batch_size=AUTO_BATCH_SIZE, epochs=1)
    monkeypatch.setattr("abnormal.training.memory.free_host_bytes", lambda: 2**18)
    with pytest.raises(Death):
        go(options, Meter(2, die))
    number = int(said()[0].split()[2])
    assert 1 < number < 64
    monkeypatch.setattr("abnormal.training.memory.free_host_bytes", lambda: 2**40)

    go(options)

    assert f"batches of {number} clips, as in the checkpoints" in said()
    [*_, newest] = list_checkpoints(options.checkpoints)
    assert load_checkpoint(newest).state["options"]["batch_size"] == number


def test_a_finished_run_says_so_and_writes_its_model_again(options, said):
    go(options)
    first = made(options)
    options.output.unlink()
    meter = Meter()

    go(options, meter)

    assert meter.batches == 0
    assert any("finished after 3 epochs" in line for line in said())
    assert made(options) == first


def test_other_options_are_refused_with_each_difference(options):
    go(dataclasses.replace(options, epochs=1))
    other = dataclasses.replace(options, batch_size=3, seed=4, strides=(1,), epochs=2, patience=1)

    with pytest.raises(AbnormalError) as refused:
        go(other)

    message = str(refused.value)
    for part in (
        "batch_size was 2, is 3",
        "seed was 3, is 4",
        "strides was [1, 2], is [1]",
        "--restart",
        "--checkpoints",
    ):
        assert part in message
    assert "epochs was" not in message
    assert "patience" not in message


def test_other_footage_is_refused(options, img, tmp_path):
    go(dataclasses.replace(options, epochs=1))
    other = tmp_path / "img"
    shutil.copytree(img / "training" / "01", other / "training" / "01")
    shutil.copytree(img / "training" / "02", other / "training" / "02")
    write_manifest(other)

    with pytest.raises(AbnormalError, match=r"the footage in .* has changed\. Use the same values"):
        go(dataclasses.replace(options, img=other))


@pytest.mark.parametrize("older", [False, True])
def test_a_resumed_run_keeps_the_split_that_it_began_with(options, tmp_path, monkeypatch, older):
    """Older versions did not look at cameras, and their checkpoints do not speak of the split."""
    img, draw = tmp_path / "img", np.random.default_rng(0)
    for number, camera in enumerate("abab"):
        video = img / "training" / f"{number:02d}"
        video.mkdir(parents=True)
        pictures = draw.integers(0, 255, (12, SIZE, SIZE), np.uint8)
        write_frames(video, (Frame(p, n / 10, n) for n, p in enumerate(pictures)), SIZE)
        record = VideoRecord("training", video.name, 12, 10.0, SIZE, SIZE, camera=camera)
        write_record(video, record)
    write_manifest(img)
    options = dataclasses.replace(options, img=img, epochs=1, validation=0.5)
    splits = []

    def open_some(options, rule):
        splits.append(open_footage(options, rule))
        return splits[-1]

    monkeypatch.setattr(run_module, "open_footage", open_some)
    with monkeypatch.context() as patch:
        if older:
            patch.setattr(run_module, "_split_rule", lambda _: None)
        go(options)
    go(dataclasses.replace(options, epochs=2))
    assert splits[0].held_out_names == splits[1].held_out_names
    assert [split.split for split in splits] == [None if older else "by camera"] * 2
    if older:  # what begins anew has the split of today
        go(dataclasses.replace(options, restart=True))
        assert {record.camera for record in splits[2].held_out_records} == {"a", "b"}


@pytest.mark.parametrize("older", [False, True])
def test_a_resumed_run_holds_out_the_end_of_a_video_if_it_began_so(
    options, tmp_path, monkeypatch, make_img, older
):
    (record,) = make_img(tmp_path / "img", {"training/01": 60}, SIZE)
    write_record(record.folder(tmp_path / "img"), dataclasses.replace(record, gaps=(Gap(54, 9.0),)))
    write_manifest(tmp_path / "img")
    options = dataclasses.replace(options, img=tmp_path / "img", epochs=1)
    with monkeypatch.context() as patch:
        if older:
            patch.setattr(run_module, "_split_rule", lambda _: None)
        go(options)
    held_out = []

    def open_some(options, rule):
        held_out.append(open_footage(options, rule).held_out.lengths)
        return open_footage(options, rule)

    monkeypatch.setattr(run_module, "open_footage", open_some)
    go(dataclasses.replace(options, epochs=2))
    assert held_out == [(6,) if older else (18,)]


def test_a_finished_run_writes_its_losses_again(options):
    result = go(dataclasses.replace(options, epochs=1))
    result.losses.unlink()

    go(dataclasses.replace(options, epochs=1))

    assert result.losses.read_text().startswith("epoch,loss,val_loss\n1,")


def test_going_on_from_a_model_does_not_overwrite_it(options):
    go(dataclasses.replace(options, epochs=1))

    with pytest.raises(AbnormalError, match=r"--init .* would be overwritten.*--output"):
        go(dataclasses.replace(options, init=options.output))

    other = options.output.parent / "other"
    result = go(
        dataclasses.replace(
            options,
            init=options.output,
            output=other / "model.h5",
            checkpoints=other / "checkpoints",
            epochs=1,
        )
    )
    first = load_model(options.output).info.history[0]["loss"]
    assert result.info.history[0]["loss"] < first
