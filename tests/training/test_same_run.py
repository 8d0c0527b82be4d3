"""Which differences keep a run from resuming: not those that change nothing in what it learns."""

import dataclasses
from types import SimpleNamespace

import keras
import pytest

from abnormal.files import sha256
from abnormal.frames.manifest import VideoRecord
from abnormal.models.model import ModelInfo
from abnormal.models.model_file import change_model, read_model, save_model
from abnormal.training.checkpoints import Checkpoint
from abnormal.training.same_run import differences, footage_facts


def footage(*cameras):
    records = [
        VideoRecord("training", f"{number:02d}", 9, 25.0, 8, 8, camera=camera)
        for number, camera in enumerate(cameras)
    ]
    return SimpleNamespace(records=records, fingerprint="f" * 64, split=None)


def checkpoint(options, facts):
    state = dict.fromkeys(("epoch_loss", "running_loss", "stopping", "backend")) | {"history": []}
    return Checkpoint(0, 5, {**state, "options": options.record(), **facts}, {})


def test_other_cameras_are_said_and_older_checkpoints_do_not_know_them(options_of, tmp_path):
    options, facts = options_of(tmp_path, "m"), footage_facts(footage("gate", "gate"))
    saved = checkpoint(options, facts)
    assert not differences(saved, options, facts)
    renamed = footage_facts(footage("gate", "yard"))
    (said,) = differences(saved, options, renamed)
    assert said == f"the cameras of the footage in {tmp_path} have changed"
    older = checkpoint(options, {name: facts[name] for name in ("data", "split")})
    assert not differences(older, options, renamed)


@pytest.fixture
def init(tmp_path):
    path = tmp_path / "init.h5"
    network = keras.Sequential([keras.Input((2, 8, 8, 1)), keras.layers.Conv3D(1, 1)])
    save_model(path, network, ModelInfo("spatiotemporal", 2, 8, 25.0))
    return path


def test_the_model_that_a_run_began_from_may_be_taught(options_of, tmp_path, init):
    options, facts = options_of(tmp_path, "m", init=init), footage_facts(footage(""))
    saved = checkpoint(options, facts)
    older = checkpoint(options, facts)
    older.state["options"]["init"] = sha256(init)[:12]
    assert not differences(older, options, facts)

    model = read_model(init)
    change_model(model, dataclasses.replace(model.info, fps=10.0))
    assert not differences(saved, dataclasses.replace(options), facts)
    # An older checkpoint tells nothing but that the file is another one.
    assert differences(older, options, facts) == ["the network in --init is another"]

    network = keras.Sequential([keras.Input((2, 8, 8, 1)), keras.layers.Conv3D(1, 1)])
    save_model(init, network, model.info)
    assert differences(saved, dataclasses.replace(options), facts) == differences(
        older, options, facts
    )
    without = dataclasses.replace(options, init=None)
    assert differences(saved, without, facts) == ["--init is given only once"]


def test_older_checkpoints_do_not_know_what_a_loss_computes(options_of, tmp_path):
    options, facts = options_of(tmp_path, "m", loss="own"), footage_facts(footage(""))
    now = facts | {"loss_code": "3.11 a", "connections": "a"}
    assert not differences(checkpoint(options, facts), options, now)
    assert not differences(checkpoint(options, now | {"loss_code": "3.12 b"}), options, now)
    other = now | {"loss_code": "3.11 b", "connections": "b"}
    said = differences(checkpoint(options, other), options, now)
    assert said == [
        "the loss own computes something else",
        "the network is connected in another way, or has other settings",
    ]
    named = checkpoint(options, facts | {"loss_code": None, "connections": "a"})
    assert differences(named, options, now) == said[:1]


def test_a_file_with_the_network_may_be_named_from_another_folder(options_of, tmp_path):
    options = options_of(tmp_path, "m", arch="net.py:build")
    facts = footage_facts(footage("")) | {"network": "a"}
    saved = checkpoint(options, facts)
    for arch in ("../net.py:build", str(tmp_path / "net.py:build")):
        assert not differences(saved, dataclasses.replace(options, arch=arch), facts)
    for arch in ("net.py:other", "nets.py:build", "cae"):
        changed = dataclasses.replace(options, arch=arch)
        assert differences(saved, changed, facts) == [f"arch was net.py:build, is {arch}"]
    assert differences(saved, options, facts | {"network": "b"}) == ["network was a, is b"]
