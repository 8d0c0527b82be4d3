import contextlib
import dataclasses
import logging

import keras
import psutil
import pytest

from abnormal.cli.train import _options, _parser
from abnormal.errors import AbnormalError
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.networks import NETWORKS
from abnormal.names import AUTO_BATCH_SIZE
from abnormal.training.batch_size import clip_bytes, largest_batch, with_batch_size
from abnormal.training.checkpoints import STATE, Checkpoint, save_checkpoint
from abnormal.training.devices import Devices
from abnormal.training.memory import free_host_bytes

MIB, GIB = 2**20, 2**30


@pytest.fixture
def network():
    return NETWORKS["lstm_stcae"](4, 35)


@pytest.fixture
def options(tmp_path):
    argv = ["--batch-size", "auto", "--checkpoints", str(tmp_path / "checkpoints")]
    return _options(_parser().parse_args(argv))


def test_more_memory_takes_more_clips_and_never_more_than_fit(network):
    weights = 16 * network.count_params()
    sizes = []
    for free in (50 * MIB, 100 * MIB, 200 * MIB):
        sizes.append(largest_batch(network, free))
        clips = sizes[-1] * clip_bytes(network)
        assert clips + weights <= free / 2 < 2 * clips + weights
    assert sizes == sorted(set(sizes))
    assert largest_batch(network, 100 * GIB) == 64


@pytest.mark.parametrize(("count", "most"), [(2, 64), (3, 48), (64, 64), (100, 100)])
def test_devices_share_evenly(network, count, most):
    assert largest_batch(network, 100 * GIB, Devices(count)) == most
    assert largest_batch(network, 50 * MIB, Devices(count)) % count == 0


def test_not_one_clip_fits(network):
    with pytest.raises(AbnormalError, match="smaller --size or --clip-length"):
        largest_batch(network, 1000)


def test_the_layers_of_a_network_in_a_network_count():
    clip = keras.Input((4, 8, 8, 1))
    inner = keras.Sequential([clip, keras.layers.Conv3D(2, 1), keras.layers.Conv3D(1, 1)])
    assert clip_bytes(keras.Model(clip, inner(clip))) == 16 * 4 * 8 * 8 * (1 + 2 + 1)


class WithoutLayers(keras.Model):
    def call(self, clips):
        return clips


class OfAnySize(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = keras.layers.Conv3D(1, 1)

    def call(self, clips):
        return self.last(clips)


def test_a_network_that_does_not_tell_its_shapes_needs_a_number():
    frames = keras.Input((4, None, None, 1))
    for network in (
        WithoutLayers(),
        OfAnySize(),
        keras.Model(frames, keras.layers.Conv3D(1, 1)(frames)),
    ):
        with pytest.raises(AbnormalError, match="Give --batch-size a number of clips"):
            clip_bytes(network)


# MiB of a clip in a batch of 16 beyond those in a batch of 1, of what the process had at most.
MEASURED = {"spatiotemporal": 146, "cae": 2, "stcae": 83, "lstm_stcae": 145}


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_clip_is_reckoned_no_smaller_than_it_was_measured(arch):
    defaults = ARCHITECTURES[arch]
    network = NETWORKS[arch](defaults.clip_length, defaults.size)
    assert MEASURED[arch] < clip_bytes(network) / 2**20 < 2 * MEASURED[arch] + 16


def test_auto_is_decided_once_and_stays(network, options, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "abnormal")
    assert options.batch_size == AUTO_BATCH_SIZE
    with free(monkeypatch, 100 * MIB):
        first = with_batch_size(options, network)
    assert 1 <= first.batch_size < 64
    assert "0.1 GiB free" in caplog.messages[-1]
    state = {"options": {"batch_size": first.batch_size}}
    save_checkpoint(options.checkpoints, Checkpoint(1, 0, state, {}), keep=1)
    with free(monkeypatch, 100 * GIB):
        again = with_batch_size(options, network)
        assert again == first
        as_before = f"batches of {first.batch_size} clips, as in the checkpoints"
        assert caplog.messages[-1] == as_before
        anew = with_batch_size(dataclasses.replace(options, restart=True), network)
        assert anew.batch_size == 64


def test_a_damaged_checkpoint_is_reported_where_the_run_goes_on_and_not_before(
    network, options, caplog
):
    for batch in (1, 2):
        state = {"options": {"batch_size": batch}}
        save_checkpoint(options.checkpoints, Checkpoint(1, batch, state, {}), keep=2)
    (options.checkpoints / "epoch0001-batch000002" / STATE).write_text("{}")
    assert with_batch_size(options, network).batch_size == 1
    assert not caplog.messages


def test_a_number_stays_a_number(network, options, caplog):
    caplog.set_level(logging.INFO, "abnormal")
    given = dataclasses.replace(options, batch_size=5)
    assert with_batch_size(given, network) is given
    assert not caplog.messages


def test_hosts_take_what_the_smallest_can(network, options, monkeypatch):
    monkeypatch.setattr(Devices, "gather", lambda devices, number: [number, 2])
    with free(monkeypatch, 100 * GIB):
        assert with_batch_size(options, network, Devices(2, hosts=2)).batch_size == 2


@contextlib.contextmanager
def free(monkeypatch, number):
    with monkeypatch.context() as context:
        context.setattr("abnormal.training.memory.free_host_bytes", lambda: number)
        yield


@pytest.mark.parametrize(
    ("group", "files", "left"),
    [
        # A container of cgroups 2, which sees itself as the root.
        (
            "0::/",
            {"memory.max": "3000", "memory.current": "2500", "memory.stat": "inactive_file 400"},
            900,
        ),
        # A job of Slurm: the step has no limit, the job around it has.
        (
            "0::/job/step",
            {
                "job/memory.max": "5000",
                "job/memory.current": "1000",
                "job/memory.stat": "anon 7\ninactive_file 0\n",
                "job/step/memory.max": "max",
                "job/step/memory.current": "900",
            },
            4000,
        ),
        # cgroups 1, named as it is outside the container.
        (
            "9:memory:/docker/abc",
            {
                "memory/memory.limit_in_bytes": "700",
                "memory/memory.usage_in_bytes": "800",
                "memory/memory.stat": "",
            },
            0,
        ),
        ("3:cpu:/docker/abc", {}, None),
    ],
)
def test_what_a_group_may_use_is_the_limit(tmp_path, group, files, left):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(f"{group}\n")
    for name, text in files.items():
        path = tmp_path / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = free_host_bytes(tmp_path)
    assert found == left if left is not None else 0 < found <= psutil.virtual_memory().total


def test_without_groups_all_that_is_free_is_free(tmp_path):
    assert 0 < free_host_bytes(tmp_path) <= psutil.virtual_memory().total
