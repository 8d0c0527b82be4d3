import dataclasses
import json
import re
import resource

import h5py
import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.models.model import ModelInfo, Reference
from abnormal.models.model_file import change_model, load_model, read_model, save_model


@pytest.fixture
def saved(tmp_path, network, info):
    path = tmp_path / "model.h5"
    save_model(path, network, info)
    return path


def edit_config(path, change):
    """Changes the description of the network in a model file."""
    with h5py.File(path, "a") as file:
        config = json.loads(file.attrs["model_config"])
        change(config["config"]["layers"])
        file.attrs["model_config"] = json.dumps(config)


def edit_info(path, text):
    with h5py.File(path, "a") as file:
        del file["abnormal/info"]
        file["abnormal/info"] = text


def test_everything_comes_back(saved, network, info):
    model = load_model(saved)
    assert model.info == info
    assert model.path == saved
    for found, expected in zip(model.network.get_weights(), network.get_weights(), strict=True):
        assert np.array_equal(found, expected)


def test_the_reference_comes_back(tmp_path, network, info):
    clips = np.arange(2 * 3 * 8 * 8, dtype=np.uint8).reshape(2, 3, 8, 8)
    scores = {"gradient": np.arange(6.0).reshape(2, 3) / 7, "l2": np.ones((2, 3))}
    save_model(tmp_path / "model.h5", network, info, Reference(clips, scores))
    found = load_model(tmp_path / "model.h5").reference
    assert np.array_equal(found.clips, clips)
    assert found.clips.dtype == np.uint8
    assert list(found.scores) == list(scores)
    for name, values in scores.items():
        assert np.array_equal(found.scores[name], values)


def test_a_file_without_a_reference_is_a_model_too(saved):
    assert load_model(saved).reference is None


def test_info_that_is_not_given_comes_back_as_its_default(tmp_path, network):
    info = ModelInfo("spatiotemporal", clip_length=3, size=8, fps=25.0)
    save_model(tmp_path / "model.h5", network, info)
    assert load_model(tmp_path / "model.h5").info == info


def test_the_optimizer_is_left_out(tmp_path, network, info):
    network.compile("adam", "mse")
    clips = np.zeros((1, *network.input_shape[1:]), np.float32)
    network.train_on_batch(clips, clips)
    save_model(tmp_path / "model.h5", network, info)
    with h5py.File(tmp_path / "model.h5") as file:
        assert set(file) == {"model_weights", "abnormal"}


def test_saving_says_nothing(tmp_path, network, info, capfd):
    save_model(tmp_path / "model.h5", network, info)
    assert capfd.readouterr() == ("", "")


def test_missing_folders_are_made(tmp_path, network, info):
    save_model(tmp_path / "a" / "b" / "model.h5", network, info)
    assert load_model(tmp_path / "a" / "b" / "model.h5").info == info


def test_a_file_is_replaced_whole(saved, network, info):
    before = saved.open("rb")  # who has it open goes on reading the old one
    with before:
        network.set_weights([weight + 1 for weight in network.get_weights()])
        save_model(saved, network, dataclasses.replace(info, seed=8))
        with h5py.File(before) as old:
            assert json.loads(old["abnormal/info"][()])["seed"] == info.seed
    model = load_model(saved)
    assert model.info.seed == 8
    assert np.array_equal(model.network.get_weights()[0], network.get_weights()[0])
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_change_of_the_facts_keeps_the_network_as_it_is(saved, network, info):
    known = read_model(saved)
    levels = {"gate": {"motion": np.ones((2, 2), np.float32)}}
    change_model(known, dataclasses.replace(info, seed=8), arrays=levels)
    found = read_model(saved)
    assert found.info.seed == 8
    assert found.lazy_network.digest == known.lazy_network.digest
    weights = load_model(saved).network.get_weights()
    for weight, expected in zip(weights, network.get_weights(), strict=True):
        assert np.array_equal(weight, expected)


@pytest.fixture
def small_disk():
    """Files cannot grow beyond 20 kB, as on a disk that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_when_the_disk_is_full_all_is_as_before(saved, network, info, small_disk):
    before = saved.read_bytes()
    with pytest.raises(AbnormalError, match=r"model\.h5 cannot be written: "):
        save_model(saved, network, info)
    with pytest.raises(AbnormalError, match=r"model\.h5 cannot be written: "):
        change_model(read_model(saved), info)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_when_the_second_half_fails_all_is_as_before(saved, network, info):
    before = saved.read_bytes()
    with pytest.raises(TypeError, match="not JSON serializable"):
        save_model(saved, network, dataclasses.replace(info, calibration={"scores": object()}))
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


@pytest.mark.parametrize("name", ["model", "model.H5", "model.h5.old"])
def test_a_name_that_keras_does_not_know_is_refused(saved, network, info, name):
    path = saved.with_name(name)
    message = r"ends in \.h5, \.hdf5 or \.keras, but this one is .*Name it model"
    with pytest.raises(AbnormalError, match=message):
        save_model(path, network, info)
    assert not path.exists()
    path.write_bytes(saved.read_bytes())
    with pytest.raises(AbnormalError, match=message):
        load_model(path)


def test_a_missing_file_is_answered_with_how_to_make_one(tmp_path):
    with pytest.raises(AbnormalError, match=r"no model file .*train_model\.py --output"):
        load_model(tmp_path / "model.h5")


def damage(path, kind):
    whole = path.read_bytes()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("no model\n")
    elif kind == "half":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "last byte missing":
        path.write_bytes(whole[:-1])
    elif kind == "no weights":
        with h5py.File(path, "a") as file:
            del file["model_weights"]


@pytest.mark.parametrize("kind", ["empty", "text", "half", "last byte missing", "no weights"])
def test_a_damaged_file_is_refused(saved, kind):
    damage(saved, kind)
    with pytest.raises(AbnormalError, match=r"is not a model file of this program") as raised:
        load_model(saved)
    assert str(raised.value).count("\n") == 0


def test_damage_to_any_list_of_names_is_seen(saved):
    """Some of it is answered by h5py with a RuntimeError."""
    whole = saved.read_bytes()
    places = [match.start() for match in re.finditer(b"SNOD", whole)]
    assert len(places) > 5
    for place in places:
        saved.write_bytes(whole[:place] + bytes(4) + whole[place + 4 :])
        with pytest.raises(AbnormalError, match=r"is not a model file of this program"):
            load_model(saved)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        '{"arch": "spatiotemporal"}',
        '{"arch": "a", "clip_length": 3, "size": 8, "fps": 25.0, "cameras": null}',
        '{"arch": "a", "clip_length": 3, "size": 8, "fps": 25.0, "colour": true}',
        '{"arch": "a", "clip_length": 5, "size": 8, "fps": 25.0}',
        '{"arch": "a", "clip_length": 3, "size": 227, "fps": 25.0}',
    ],
)
def test_what_is_said_about_the_network_has_to_fit_it(saved, text):
    edit_info(saved, text)
    with pytest.raises(AbnormalError, match=r"is not a model file of this program \(.*\)"):
        load_model(saved)


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: layers[1]["config"].update(filters="many"),
        lambda layers: layers[1]["config"].update(filters=4),
        lambda layers: layers[1]["config"].update(kernel_size=None),
        lambda layers: layers[1].update(config=None),
        lambda layers: layers.pop(1),
        lambda layers: layers.clear(),
    ],
)
def test_a_network_that_cannot_be_rebuilt_is_refused(saved, change):
    edit_config(saved, change)
    with pytest.raises(AbnormalError, match=r"is not a model file of this program") as raised:
        load_model(saved)
    assert str(raised.value).count("\n") == 0


def test_code_in_a_file_is_not_run(saved, tmp_path, monkeypatch):
    witness = tmp_path / "witness"
    name = str(witness)
    layer = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])  # noqa: PTH123
    entry = {"class_name": "Lambda", "config": layer.get_config()}
    edit_config(saved, lambda layers: layers.insert(1, entry))
    asked = []
    monkeypatch.setattr(keras.models, "load_model", lambda *_, **__: asked.append(1))
    with pytest.raises(AbnormalError, match=r"not loaded: it names Lambda, __lambda__, which no"):
        load_model(saved)
    assert not asked
    assert not witness.exists()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda layers: layers[1].update(class_name="TFSMLayer"), "TFSMLayer"),
        (lambda layers: layers[1].update(class_name="Popen", module="subprocess"), "Popen"),
        (lambda layers: layers[1].update(module="antigravity"), "antigravity"),
        (lambda layers: layers[1].update(module="keras_cv.x"), "keras_cv.x"),
        (
            lambda layers: layers[1]["config"].update(
                activation={"class_name": "function", "config": "system", "module": "os"}
            ),
            "function, os",
        ),
        (
            lambda layers: layers[2]["config"].update(
                kernel_regularizer=[{"deep": {"class_name": "Evil", "config": {}}}]
            ),
            "Evil",
        ),
    ],
)
def test_only_known_classes_are_rebuilt(saved, monkeypatch, change, named):
    edit_config(saved, change)
    asked = []
    monkeypatch.setattr(keras.models, "load_model", lambda *_, **__: asked.append(1))
    with pytest.raises(AbnormalError, match=f"not loaded: it names .*{named}"):
        load_model(saved)
    assert not asked


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "`git lfs pull`"),
        ("m.h5", b"\n<!DOCTYPE html><html>", "it is a web page. Download the file itself"),
        ("m.h5", b"<HTML>", "it is a web page. Download the file itself"),
        ("m.h5", b"<?xml version='1.0'?><Error>", "such as a server's error"),
        (
            "m.h5",
            b"PK\x03\x04",
            "a ZIP archive, as `.keras` files are. Give it the name",
        ),
        ("m.h5", b"", r"is not a model file of this program \(it is empty\)"),
        ("m.keras", b"PK\x03\x04", "is not a model file of this program"),
        ("m.keras", b"\x89HDF\r\n\x1a\n", "has the format of another one. Name it m.h5"),
        ("m.onnx", b"\x08\x07", "Give the .h5 file that it was exported from"),
        ("m.H5", b"\x89HDF\r\n\x1a\n", "It has the format of one. Name it m.h5"),
        ("m", b"hello", "--output` wrote"),
    ],
)
def test_what_takes_the_place_of_a_model_file_is_told_apart(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AbnormalError, match=message) as raised:
        load_model(tmp_path / name)
    assert "\n" not in str(raised.value)


def test_a_folder_in_place_of_a_model_file(tmp_path):
    with pytest.raises(AbnormalError, match=r"is a folder\. Expected: a file such as .*model\.h5"):
        load_model(tmp_path)


def test_a_truncated_file_is_called_that(saved):
    size = saved.stat().st_size
    saved.write_bytes(saved.read_bytes()[: size // 2])
    with pytest.raises(AbnormalError, match=f"only {size // 2} of its {size} bytes are there"):
        load_model(saved)
