"""What has to hold on two devices; `test_replicas.py` runs it where there are two."""

import contextlib
import itertools

import keras
import numpy as np
import pytest

from abnormal.frames.manifest import VideoRecord, write_manifest, write_record
from abnormal.frames.writer import write_frames
from abnormal.models import networks
from abnormal.models.backend import replica_devices
from abnormal.training import finish as finish_module
from abnormal.training import fitting as fitting_module
from abnormal.training import network as network_module
from abnormal.training.checkpoints import list_checkpoints
from abnormal.training.devices import Devices
from abnormal.training.loss_files import losses_path
from abnormal.training.run import train
from abnormal.video.stream import Frame

SIZE, LENGTH, EPOCHS = 35, 4, 3


def recurrent(clip_length, size):
    states = keras.layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True)
    return _small(clip_length, size, states)


def normalised(clip_length, size):
    return _small(clip_length, size, keras.layers.BatchNormalization())


def _small(clip_length, size, inner):
    """The kinds of layers of the default network, few of each: there is little to compile."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((clip_length, size, size, 1)),
            layers.Conv3D(3, (1, 5, 5), (1, 5, 5), activation="tanh"),
            inner,
            layers.Conv3DTranspose(1, (1, 5, 5), (1, 5, 5), activation="sigmoid"),
        ]
    )


@pytest.fixture(scope="module")
def img(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage") / "img"
    for number, length in enumerate((29, 22, 34), start=1):
        video = folder / "training" / f"{number:02d}"
        video.mkdir(parents=True)
        frames = (Frame(_picture(number * n), n / 10, n) for n in range(length))
        write_frames(video, frames, SIZE)
        write_record(video, VideoRecord("training", video.name, length, 10.0, SIZE, SIZE))
    write_manifest(folder)
    return folder


def _picture(place):
    """A bright square that moves over a shaded floor: of noise alone, rounding is all to learn."""
    picture = np.linspace(40, 120, SIZE)[:, None] + np.linspace(0, 40, SIZE)
    picture[4:10, place % 11 : place % 11 + 5] = 230
    return picture.astype(np.uint8)


@pytest.fixture
def run(img, options_of, monkeypatch):
    """Trains on so many devices, and returns weights and losses."""

    def trained(build, count, name, meter=None):
        monkeypatch.setitem(networks.NETWORKS, "spatiotemporal", build)
        monkeypatch.setattr(finish_module, "keras_runtime", finish)
        shown = contextlib.nullcontext(meter or Meter())
        monkeypatch.setattr(fitting_module, "Progress", lambda *_: shown)
        options = options_of(
            img,
            name,
            size=SIZE,
            clip_length=LENGTH,
            epochs=EPOCHS,
            batch_size=5,
            learning_rate=1e-3,
            keep=100,
        )
        seconds = itertools.count(0, 1000)  # a checkpoint after every batch
        with pytest.raises(Finished) as finished:
            train(options, Devices(count), lambda: next(seconds))
        return finished.value.args[0], np.loadtxt(
            losses_path(options.output), skiprows=1, delimiter=","
        )

    return trained


class Finished(Exception):  # noqa: N818  (nothing went wrong)
    """The network is trained; its calibration has tests of its own."""


def finish(network, *others):
    raise Finished(network.get_weights())


class Death(BaseException):
    """What SIGKILL does."""


class Meter:
    """Counts frames, and dies at a batch."""

    def __init__(self, dies_at=0):
        self.frames, self._left = [], dies_at

    def advance(self, count):
        self.frames.append(count)
        self._left -= 1
        if self._left == 0:
            raise Death


def assert_close(found, expected, tolerance):
    for one, other in zip(found[0], expected[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-5)


def test_there_are_two_devices():
    assert len(replica_devices()) == 2


def test_two_learn_what_one_learns(run):
    meter = Meter()
    alone = run(recurrent, 1, "alone", meter)
    assert min(meter.frames) == LENGTH < max(meter.frames)  # a batch of one clip is among them
    assert_close(run(recurrent, 2, "together"), alone, 1e-5)


def test_a_batch_is_normalised_as_a_whole_and_a_killed_run_ends_the_same(
    run, tmp_path, monkeypatch
):
    # Adam makes large steps of gradients that are nothing but rounding; these are not.
    monkeypatch.setattr(network_module, "make_optimizer", lambda _: keras.optimizers.SGD(0.1))
    alone = run(normalised, 1, "alone")
    together = run(normalised, 2, "together")
    assert_close(together, alone, 1e-4)
    with pytest.raises(Death):
        run(normalised, 2, "killed", Meter(7))
    resumed = run(normalised, 2, "killed")
    assert_close(resumed, together, 0)
    assert np.array_equal(resumed[1], together[1])
    for newer in list_checkpoints(tmp_path / "checkpoints" / "alone")[7:]:
        newer.rename(newer.with_suffix(".aside"))
    assert_close(run(normalised, 2, "alone"), alone, 1e-4)
