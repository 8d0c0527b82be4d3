"""A run that died and went on is, bit for bit, the run that was left alone."""

import contextlib
import dataclasses
import itertools
import logging
import shutil
import signal

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError, Stopped
from abnormal.frames.manifest import VideoRecord, write_manifest, write_record
from abnormal.frames.writer import write_frames
from abnormal.inference.reference import largest_difference
from abnormal.inference.runtimes import keras_runtime
from abnormal.models import networks
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.model_check import KNOWN_CLASSES
from abnormal.models.model_file import load_model
from abnormal.models.trust import trusting
from abnormal.names import AUTO_BATCH_SIZE
from abnormal.scoring.calibration import read_calibration
from abnormal.scoring.residual import SCORES
from abnormal.training import run as run_module
from abnormal.training.checkpoints import list_checkpoints, load_checkpoint
from abnormal.training.footage import open_footage
from abnormal.training.losses import LOSSES
from abnormal.training.options import OwnParts
from abnormal.training.run import train
from abnormal.training.watch import WatchValidation
from abnormal.video.stream import Frame

SIZE, LENGTH = 16, 4
BATCHES = 8  # of an epoch: see `options`
EPOCHS = 3


class Death(BaseException):
    """What SIGKILL does, as far as one process can do it to itself."""


def small_network(clip_length, size):
    """Few weights, and all that has a state: dropout's seeds and batch normalisation."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((clip_length, size, size, 1)),
            layers.Conv3D(3, (1, 4, 4), (1, 4, 4), activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Conv3DTranspose(1, (1, 4, 4), (1, 4, 4), activation="sigmoid"),
        ]
    )


REAL_NETWORKS = dict(networks.NETWORKS)
SMALLEST_SIZES = {"spatiotemporal": 35, "cae": 16, "stcae": 83, "lstm_stcae": 35}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setitem(networks.NETWORKS, "spatiotemporal", small_network)
    monkeypatch.setattr(
        "abnormal.models.model_check.KNOWN_CLASSES",
        {*KNOWN_CLASSES, "BatchNormalization", "Dropout", "Ones"},
    )


@pytest.fixture(scope="module")
def img(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage") / "img"
    draw = np.random.default_rng(0)
    for number, length in enumerate((29, 22, 34), start=1):
        video = folder / "training" / f"{number:02d}"
        video.mkdir(parents=True)
        pictures = draw.integers(0, 255, (length, SIZE, SIZE), np.uint8)
        write_frames(video, (Frame(p, n / 10, n) for n, p in enumerate(pictures)), SIZE)
        write_record(video, VideoRecord("training", video.name, length, 10.0, SIZE, SIZE))
    write_manifest(folder)
    return folder


@pytest.fixture
def options(img, options_of):
    return options_of(img, "model", size=SIZE, clip_length=LENGTH, epochs=EPOCHS)


class Meter:
    """Counts batches, and lets something happen at one of them."""

    def __init__(self, at=None, happens=None):
        self.batches, self._at, self._happens = 0, at, happens

    def advance(self, count):
        self.batches += 1
        if self.batches == self._at:
            self._happens()


def die():
    raise Death


def go(options, meter=None, every_batch=True):
    """Trains with a clock that makes a checkpoint due after every batch, or never."""
    seconds = itertools.count(0, 1000 if every_batch else 1)
    shown = contextlib.nullcontext(meter or Meter())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("abnormal.training.fitting.Progress", lambda *_: shown)
        return train(options, clock=lambda: next(seconds))


@pytest.fixture
def said(caplog):
    """Returns what the package has said to the user so far."""
    caplog.set_level(logging.INFO, "abnormal")
    return lambda: caplog.messages


def made(options):
    """Everything in the model file that a run has to give again."""
    model = load_model(options.output)
    weights = [weight.tobytes() for weight in model.network.get_weights()]
    return weights, model.info.history, model.info.calibration


@pytest.fixture(scope="module")
def left_alone(img, tmp_path_factory):
    """What a run of these options gives that nobody disturbs; made once."""
    found = {}

    def run(options):
        key = (options.epochs, options.patience, options.learning_rate)
        if key not in found:
            folder = tmp_path_factory.mktemp("alone")
            alone = dataclasses.replace(
                options, output=folder / "model.h5", checkpoints=folder / "checkpoints"
            )
            go(alone, every_batch=False)
            found[key] = made(alone)
        return found[key]

    return run


@pytest.mark.parametrize("batch", [1, 4, BATCHES, BATCHES + 1, EPOCHS * BATCHES])
def test_killed_at_any_batch_it_ends_the_same(options, left_alone, batch):
    with pytest.raises(Death):
        go(options, Meter(batch, die))
    assert not options.output.exists()

    go(options)

    assert made(options) == left_alone(options)


def test_a_run_keeps_the_forms_it_began_with_whatever_is_fastest_now(
    options, tmp_path, monkeypatch
):
    """Even if it is killed in its first batch: what is chosen is saved at once."""
    options = dataclasses.replace(options, epochs=1, batch_size=8, strides=(2,))
    alone = dataclasses.replace(
        options, output=tmp_path / "alone.h5", checkpoints=tmp_path / "alone"
    )
    fastest = [("patches", "", "", "columns")]
    monkeypatch.setattr("abnormal.training.forms.choose_forms", lambda *_: fastest[-1])
    go(alone, every_batch=False)
    with pytest.raises(Death):
        go(options, Meter(1, die), every_batch=False)
    fastest.append(("space_to_depth", "", "", "direct"))

    go(options)

    assert made(options) == made(alone)
    for run in (options, alone):
        newest = load_checkpoint(list_checkpoints(run.checkpoints)[-1])
        assert tuple(newest.state["forms"]) == fastest[0]


@pytest.mark.parametrize("arch", REAL_NETWORKS)
def test_every_network_ends_the_same(options, arch, monkeypatch, tmp_path):
    monkeypatch.setitem(networks.NETWORKS, arch, REAL_NETWORKS[arch])
    defaults = ARCHITECTURES[arch]
    options = dataclasses.replace(
        options,
        arch=arch,
        size=SMALLEST_SIZES[arch],
        clip_length=min(LENGTH, defaults.clip_length),
        bottleneck=8 if defaults.bottleneck else 0,
        epochs=1,
        batch_size=8,
        strides=(2,),
    )
    alone = dataclasses.replace(
        options, output=tmp_path / "alone.h5", checkpoints=tmp_path / "alone"
    )
    go(alone, every_batch=False)
    with pytest.raises(Death):
        go(options, Meter(1, die))

    go(options)

    assert made(options) == made(alone)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_in_16_bits_it_ends_the_same_and_the_model_is_float32(options, precision, tmp_path):
    options = dataclasses.replace(options, precision=precision, epochs=1)
    alone = dataclasses.replace(
        options, output=tmp_path / "alone.h5", checkpoints=tmp_path / "alone"
    )
    go(alone, every_batch=False)
    with pytest.raises(Death):
        go(options, Meter(3, die))

    go(options)

    assert made(options) == made(alone)
    network = load_model(options.output).network
    assert {layer.dtype_policy.name for layer in network.layers} == {"float32"}
    with pytest.raises(AbnormalError, match=f"precision was {precision}, is float32"):
        go(dataclasses.replace(options, precision="float32"))


def test_the_model_keeps_clips_with_the_scores_that_calibrated_it(options):
    go(dataclasses.replace(options, epochs=1))
    model = load_model(options.output)
    calibration = read_calibration(model.info.calibration, model.arrays)
    thresholds = {score: calibration.threshold(score) for score in SCORES}
    assert model.reference.clips.shape == (3, LENGTH, SIZE, SIZE)
    assert len({clip.tobytes() for clip in model.reference.clips}) == 3
    assert set(model.reference.scores) == set(thresholds)
    assert largest_difference(model.reference, keras_runtime(model.network), thresholds) < 1e-6


def test_what_hinders_the_calibration_is_told(options_of, make_img, tmp_path, said):
    make_img(tmp_path / "img", {"training/01": 20})
    alone = {"size": SIZE, "clip_length": LENGTH, "epochs": 1, "validation": 0.0}
    go(options_of(tmp_path / "img", "alone", **alone))
    assert any("of a single video are all the normal footage" in line for line in said())


def test_16_bits_learn_something_else_than_32(options):
    histories = []
    for precision in ("float32", "mixed_bfloat16", "mixed_float16"):
        folder = options.output.parent / precision
        chosen = dataclasses.replace(
            options,
            precision=precision,
            epochs=2,
            output=folder / "model.h5",
            checkpoints=folder / "checkpoints",
        )
        histories.append([entry["loss"] for entry in go(chosen).info.history])
    assert histories[1] != histories[0] != histories[2]
    for history in histories:
        assert history == pytest.approx(histories[0], rel=0.05)
        assert history[1] < history[0]


def test_killed_while_it_judges_an_epoch_it_ends_the_same(options, left_alone, monkeypatch):
    class DyingValidation(WatchValidation):
        def on_test_batch_end(self, batch, logs=None):
            raise Death

    with monkeypatch.context() as dying:
        dying.setattr("abnormal.training.fitting.WatchValidation", DyingValidation)
        with pytest.raises(Death):
            go(options)

    go(options)

    assert made(options) == left_alone(options)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_at_the_next_batch_and_says_how_to_go_on(options, left_alone, number, code):
    meter = Meter(3, lambda: signal.raise_signal(number))
    with pytest.raises(Stopped, match="the same command goes on") as stopped:
        go(options, meter, every_batch=False)
    assert stopped.value.exit_code == code
    assert meter.batches == 3
    assert [path.name for path in list_checkpoints(options.checkpoints)] == [
        "epoch0000-batch000003"
    ]

    go(options)

    assert made(options) == left_alone(options)


def test_a_signal_while_it_judges_an_epoch_saves_too(options, left_alone, monkeypatch):
    class Signalled(WatchValidation):
        def on_test_batch_end(self, batch, logs=None):
            signal.raise_signal(signal.SIGTERM)
            super().on_test_batch_end(batch, logs)

    with monkeypatch.context() as interrupted:
        interrupted.setattr("abnormal.training.fitting.WatchValidation", Signalled)
        with pytest.raises(Stopped):
            go(options, every_batch=False)
    assert [path.name for path in list_checkpoints(options.checkpoints)] == [
        f"epoch0000-batch{BATCHES:06d}"
    ]

    go(options)

    assert made(options) == left_alone(options)


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


def test_more_epochs_extend_a_finished_run(options, left_alone):
    go(dataclasses.replace(options, epochs=1))

    go(options)

    assert made(options) == left_alone(options)


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

    with pytest.raises(AbnormalError, match=r"the footage in .* has changed\. Use the same"):
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

    def open_some(options, by_camera):
        splits.append(open_footage(options, by_camera))
        return splits[-1]

    monkeypatch.setattr(run_module, "open_footage", open_some)
    with monkeypatch.context() as patch:
        if older:
            patch.setattr(run_module, "_splits_by_camera", lambda _: False)
        go(options)
    go(dataclasses.replace(options, epochs=2))
    assert splits[0].held_out_names == splits[1].held_out_names
    assert [split.split for split in splits] == [None if older else "by camera"] * 2
    if older:  # what begins anew has the split of today
        go(dataclasses.replace(options, restart=True))
        assert {record.camera for record in splits[2].held_out_records} == {"a", "b"}


def test_restart_begins_anew(options, left_alone):
    go(dataclasses.replace(options, epochs=1, learning_rate=0.5))
    meter = Meter()

    go(dataclasses.replace(options, restart=True), meter)

    assert meter.batches == EPOCHS * BATCHES
    assert made(options) == left_alone(options)


def test_a_restart_that_dies_goes_on_without_the_option(options, left_alone):
    go(dataclasses.replace(options, epochs=1, learning_rate=0.5))
    anew = dataclasses.replace(options, restart=True)
    with pytest.raises(Death):
        go(anew, Meter(1, die), every_batch=False)

    go(options)

    assert made(options) == left_alone(options)


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


def test_tensorboard_gets_the_losses_of_each_epoch(options, tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = tmp_path / "log"
    result = go(dataclasses.replace(options, tensorboard=log, epochs=2))

    steps = {}
    for path in sorted(log.iterdir()):
        events = EventAccumulator(str(path))
        events.Reload()
        for event in events.Tensors("val_loss"):
            steps[event.step] = event.tensor_proto.float_val[0]
    history = result.info.history
    assert steps == {
        1: pytest.approx(history[0]["val_loss"]),
        2: pytest.approx(history[1]["val_loss"]),
    }


def test_a_tensorboard_folder_that_cannot_be_is_told_before_the_training(options, tmp_path):
    (tmp_path / "file").write_text("")
    meter = Meter()

    with pytest.raises(AbnormalError, match="in its way"):
        go(dataclasses.replace(options, tensorboard=tmp_path / "file" / "log"), meter)

    assert meter.batches == 0


def test_early_stopping_survives_a_death_and_the_best_epoch_is_kept(options, left_alone):
    # So large a step makes the validation loss worse again.
    wild = dataclasses.replace(options, epochs=12, patience=2, learning_rate=0.3)
    best = int(np.argmin([entry["val_loss"] for entry in left_alone(wild)[1]]))
    with pytest.raises(Death):  # in the second epoch after the best one
        go(wild, Meter((best + 2) * BATCHES + 2, die))

    result = go(wild)

    assert made(wild) == left_alone(wild)
    losses = [entry["val_loss"] for entry in result.info.history]
    assert result.stopped_early
    assert len(losses) < 12
    assert result.best_epoch == int(np.argmin(losses)) + 1 == len(losses) - 2


def test_the_model_has_the_weights_of_the_best_epoch(options):
    wild = dataclasses.replace(options, epochs=12, patience=2, learning_rate=0.3)
    result = go(wild)
    folder = options.checkpoints.parent / "best"
    best = dataclasses.replace(
        wild,
        epochs=result.best_epoch,
        output=folder / "model.h5",
        checkpoints=folder / "checkpoints",
    )
    go(best)

    assert made(wild)[0] == made(best)[0]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_the_run_with_advice(options, monkeypatch, bad):
    def spoilt(target, output):
        return keras.ops.mean((target - output) ** 2) * bad

    go(dataclasses.replace(options, epochs=1))
    before = [path.name for path in list_checkpoints(options.checkpoints)]
    monkeypatch.setitem(LOSSES, "mse", spoilt)

    with pytest.raises(AbnormalError, match=r"epoch 2, batch 1\b.*--learning-rate"):
        go(options)

    assert [path.name for path in list_checkpoints(options.checkpoints)] == before


def test_weights_that_a_step_has_ruined_reach_no_checkpoint_and_no_model(options):
    huge = dataclasses.replace(options, learning_rate=1e39, keep=1)

    with pytest.raises(AbnormalError, match=r"weights of epoch 1.*not finite.*--learning-rate"):
        go(huge)

    for path in list_checkpoints(options.checkpoints):
        arrays = load_checkpoint(path).arrays
        assert all(np.isfinite(array).all() for array in arrays.values())
    assert not options.output.exists()


def test_a_full_disk_is_not_called_a_checkpoint(options, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    meter = Meter(3, lambda: signal.raise_signal(signal.SIGTERM))

    with pytest.raises(Stopped, match="no checkpoint could be written"):
        go(options, meter, every_batch=False)


def test_a_full_disk_costs_checkpoints_but_not_the_run(options, left_alone, monkeypatch, said):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    monkeypatch.setattr("pandas.DataFrame.to_csv", full)

    go(options)

    assert sum("no checkpoint could be written" in line for line in said()) >= BATCHES
    assert sum("losses.csv cannot be written" in line for line in said()) >= EPOCHS
    assert made(options) == left_alone(options)


def test_a_model_file_that_cannot_be_written_leaves_the_old_one(options, monkeypatch):
    go(dataclasses.replace(options, epochs=1))
    before = options.output.read_bytes()

    def full(path, *_):
        path.write_bytes(b"the beginning")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("abnormal.models.model_file.save_network", full)
    with pytest.raises(AbnormalError, match="No space left"):
        go(options)

    assert options.output.read_bytes() == before
    assert not list(options.output.parent.glob(".partial*"))


@keras.saving.register_keras_serializable("test_resume")
class OwnNetwork(keras.Model):
    """A class of its own, with all that has a state: dropout, a metric, and a training step."""

    def __init__(self, **options):
        super().__init__(**options)
        self.hidden = keras.layers.Conv3D(2, 3, padding="same", activation="relu")
        self.dropout = keras.layers.Dropout(0.3)
        self.last = keras.layers.Conv3D(1, 3, padding="same", activation="sigmoid")
        self.mean = keras.metrics.Mean("mean")

    def call(self, clips, training=None):
        return self.last(self.dropout(self.hidden(clips), training=training))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        self.mean.update_state(keras.ops.mean(y_pred))
        return super().compute_loss(x, y, y_pred, sample_weight, training)


class Halving(keras.callbacks.Callback):
    """Halves the learning rate in each epoch, and says what it has seen."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        optimizer.learning_rate.assign(optimizer.learning_rate / 2)

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, sorted(logs)))


def own_loss(clips, outputs):
    return keras.ops.mean(keras.ops.abs(clips - outputs), axis=-1)


def with_own_parts(options, folder):
    own = OwnParts(lambda *_: OwnNetwork(), own_loss, (Halving(),))
    changed = {"arch": "OwnNetwork", "loss": "own_loss", "own": own, "epochs": 2}
    places = {"output": folder / "own.keras", "checkpoints": folder / "checkpoints"}
    return dataclasses.replace(options, **changed, **places)


def test_a_network_loss_and_callback_of_ones_own_go_on_bit_for_bit(options, tmp_path):
    alone = with_own_parts(options, tmp_path / "alone")
    whole = go(alone)
    killed = with_own_parts(options, tmp_path / "killed")
    with pytest.raises(Death):
        go(killed, Meter(BATCHES + 3, die))
    other = dataclasses.replace(killed.own, build=small_network)
    with pytest.raises(AbnormalError, match="are of another run: network was"):
        go(dataclasses.replace(killed, own=other))
    again = with_own_parts(options, tmp_path / "killed")
    resumed = go(again)

    assert resumed.info.history == whole.info.history
    assert [need.rpartition(":")[2] for need in resumed.info.needs] == ["OwnNetwork"]
    with trusting(True):
        models = [load_model(each.output) for each in (alone, killed)]
    weights = [model.network.get_weights() for model in models]
    assert all(np.array_equal(*pair) for pair in zip(*weights, strict=True))
    (seen,) = (callback.seen for callback in alone.own.callbacks)
    epoch = [*range(BATCHES), (0, ["loss", "val_loss"])]
    assert seen == [*epoch, *range(BATCHES), (1, ["loss", "val_loss"])]
    (rest,) = (callback.seen for callback in again.own.callbacks)
    assert rest == seen[len(epoch) + 2 :]


class Stopping(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


def test_a_callback_ends_the_run_for_good(options, monkeypatch):
    monkeypatch.setattr(run_module, "_finish", lambda options, footage, fitting, devices: fitting)
    stopping = dataclasses.replace(options, own=OwnParts(callbacks=(Stopping(),)))
    for _ in range(2):
        fitting = go(stopping)
        assert fitting.has_stopped_early
        assert len(fitting.history) == 1
