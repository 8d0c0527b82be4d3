"""Model files as archives, those that Keras alone has written, and networks of one's own."""

import json
import sys
import zipfile

import h5py
import keras
import numpy as np
import pytest

from abnormal.cli.test import main
from abnormal.errors import AbnormalError
from abnormal.models import own_network
from abnormal.models.model import Reference
from abnormal.models.model_file import load_model, save_model
from abnormal.models.own_code import needs_of
from abnormal.models.own_import import import_file
from abnormal.models.own_network import fingerprint_of
from abnormal.models.storable import require_storable
from abnormal.models.trust import trusting

CODE = """
import keras

class Halved(keras.layers.Layer):
    def call(self, clips):
        return clips / 2

class OfItsOwn(keras.Model):
    def __init__(self, filters=2, **options):
        super().__init__(**options)
        self.filters = filters
        self.layer = keras.layers.Conv3D(1, 3, padding="same")

    def call(self, clips):
        return self.layer(clips)

def build(length, size):
    clip = keras.Input((length, size, size, 1))
    return keras.Model(clip, keras.layers.Conv3D(1, 1)(Halved()(clip)))
"""


@pytest.fixture
def saved(tmp_path, network, info):
    path = tmp_path / "model.keras"
    reference = Reference(np.zeros((2, 3, 8, 8), np.uint8), {"l2": np.ones((2, 3))})
    calibrated = {**info.calibration, "cameras": {"gate": {}}}
    info.calibration.update(calibrated)
    save_model(path, network, info, reference, {"gate": {"motion": np.ones((1, 1), np.float32)}})
    return path


@pytest.fixture
def own_code(tmp_path):
    file = tmp_path / "code" / "nets_of_a_test.py"
    file.parent.mkdir()
    file.write_text(CODE)
    yield import_file(file)
    sys.modules.pop("nets_of_a_test", None)


def rewrite(path, change):
    """Writes an archive again, with its members as `change` leaves them."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_everything_comes_back_from_an_archive(saved, network, info):
    model = load_model(saved)
    assert model.info == info
    assert model.reference.scores["l2"].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert model.arrays["gate"]["motion"].tolist() == [[1]]
    plain = keras.models.load_model(saved, compile=False)
    for mine, its, expected in zip(
        model.network.get_weights(), plain.get_weights(), network.get_weights(), strict=True
    ):
        assert np.array_equal(mine, expected)
        assert np.array_equal(its, expected)


def more(members):
    members["assets/more.txt"] = b"more"


def other_config(members):
    members["config.json"] = members["config.json"].replace(b'"relu"', b'"tanh"')


def other_weights(members):
    content = bytearray(members["model.weights.h5"])
    content[-20] ^= 1
    members["model.weights.h5"] = bytes(content)


def no_config(members):
    del members["config.json"]


def pipe(members):
    members["abnormal.h5"] = b"no HDF5"


@pytest.mark.parametrize("change", [more, other_config, other_weights, no_config, pipe])
def test_an_archive_that_was_changed_is_refused_in_one_line(saved, change):
    rewrite(saved, change)
    with pytest.raises(AbnormalError, match="is not a model file of this program") as raised:
        load_model(saved)
    assert "\n" not in str(raised.value)


def test_an_archive_that_claims_to_be_huge_is_not_unpacked(saved, monkeypatch):
    monkeypatch.setattr("abnormal.models.stored_model.MOST_COMPRESSED_BYTES", -saved.stat().st_size)
    with pytest.raises(AbnormalError, match="claims to hold"):
        load_model(saved)


def test_code_in_an_archive_is_not_run(saved, tmp_path):
    witness = tmp_path / "witness"
    name = str(witness)
    layer = keras.layers.Lambda(lambda x: (open(name, "w").close(), x)[1])  # noqa: PTH123

    def insert(members):
        config = json.loads(members["config.json"])
        config["config"]["layers"].insert(1, keras.saving.serialize_keras_object(layer))
        members["config.json"] = json.dumps(config).encode()

    rewrite(saved, insert)
    with pytest.raises(AbnormalError, match=r"not loaded: it names Lambda, __lambda__"):
        load_model(saved)
    assert not witness.exists()


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_what_keras_alone_has_written_is_a_network_without_calibration(
    tmp_path, network, suffix, caplog
):
    path = tmp_path / f"again{suffix}"
    network.compile("adam", "mse")
    network.optimizer.build(network.trainable_variables)
    network.save(path)
    model = load_model(path)
    assert (model.info.clip_length, model.info.size, model.info.calibration) == (3, 8, {})
    assert model.info.is_own
    assert np.array_equal(model.network.get_weights()[0], network.get_weights()[0])
    assert "Calibrate it on normal footage: `train_model.py --calibrate" in caplog.text.replace(
        "python ", ""
    )


def test_a_plain_network_for_something_else_is_refused(tmp_path):
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save(tmp_path / "m.keras")
    with pytest.raises(AbnormalError, match="not one for clips"):
        load_model(tmp_path / "m.keras")


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_layers_of_ones_own_are_loaded_only_if_they_are_trusted(
    tmp_path, own_code, info, suffix, monkeypatch
):
    network, path = own_code.build(3, 8), tmp_path / f"own{suffix}"
    needs = needs_of(network)
    assert list(needs) == ["nets_of_a_test:Halved"]
    save_model(path, network, info.__class__("build", 3, 8, 25.0, needs=needs))
    sys.modules.pop("nets_of_a_test")
    asked = []
    monkeypatch.setattr("abnormal.models.own_import._run", lambda *file: asked.append(file))
    with pytest.raises(AbnormalError, match=r"--trust.*nets_of_a_test:Halved in .*_test\.py"):
        load_model(path)
    assert not asked
    monkeypatch.undo()
    (tmp_path / "code" / "nets_of_a_test.py").rename(tmp_path / "nets_of_a_test.py")
    with trusting(True):
        loaded = load_model(path).network
    clips = np.random.default_rng(0).random((1, 3, 8, 8, 1), np.float32)
    assert np.array_equal(loaded.predict_on_batch(clips), network.predict_on_batch(clips))


def test_the_program_runs_code_only_if_it_is_told_to(tmp_path, own_code, info, monkeypatch, capsys):
    network, path = own_code.build(3, 8), tmp_path / "own.h5"
    save_model(path, network, info.__class__("build", 3, 8, 25.0, needs=needs_of(network)))
    monkeypatch.setattr("abnormal.models.export.export_model", lambda model, *_: model.network)
    said = ["--model", str(path), "--export", "onnx"]
    assert main(said) == 1
    assert "load it with --trust" in capsys.readouterr().err
    assert main([*said, "--trust"]) == 0


def test_a_network_that_is_a_class_is_kept_in_an_archive(tmp_path, own_code, info):
    network = own_code.OfItsOwn()
    own_network.require_clips(network, 3, 8)
    with pytest.raises(AbnormalError, match=r"Name the model file .*own\.keras"):
        require_storable(network, tmp_path / "own.h5", (3, 8, 8, 1))
    path = tmp_path / "own.keras"
    save_model(path, network, info.__class__("OfItsOwn", 3, 8, 25.0, needs=needs_of(network)))
    with trusting(True):
        loaded = load_model(path).network
    assert np.array_equal(loaded.get_weights()[0], network.get_weights()[0])


def test_a_file_that_was_trusted_is_found_out_when_its_code_is_gone(tmp_path, own_code, info):
    network, path = own_code.build(3, 8), tmp_path / "own.h5"
    needs = {need: str(tmp_path / "gone.py") for need in needs_of(network)}
    save_model(path, network, info.__class__("build", 3, 8, 25.0, needs=needs))
    sys.modules.pop("nets_of_a_test")
    with trusting(True), pytest.raises(AbnormalError, match=r"needs Halved of .*gone\.py"):
        load_model(path).network  # noqa: B018


def test_the_same_code_has_the_same_fingerprint(own_code):
    assert fingerprint_of(own_code.build(3, 8)) == fingerprint_of(own_code.build(3, 8))
    assert fingerprint_of(own_code.build(3, 8)) != fingerprint_of(own_code.OfItsOwn())


def test_hdf5_of_another_form_is_named_by_its_form(saved, network, info, tmp_path):
    save_model(tmp_path / "m.h5", network, info)
    with h5py.File(tmp_path / "m.h5") as file:
        assert "abnormal" in file
    (tmp_path / "m.h5").rename(tmp_path / "n.keras")
    with pytest.raises(AbnormalError, match=r"Name it n\.h5"):
        load_model(tmp_path / "n.keras")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "cannot be run: ZeroDivisionError"),
        ("import sys; sys.exit(0)", "cannot be run: SystemExit"),  # not a run that went well
        ("", r"has no function 'build'"),
    ],
)
def test_a_file_without_a_network_is_named(tmp_path, code, said):
    (tmp_path / "no_nets_of_a_test.py").write_text(code)
    with pytest.raises(AbnormalError, match=said):
        own_network.load_builder(f"{tmp_path}/no_nets_of_a_test.py:build")
    sys.modules.pop("no_nets_of_a_test", None)


@pytest.mark.parametrize("error", [KeyError("width"), SystemExit(0)])
def test_a_function_that_cannot_build_a_network_is_no_bug_of_this_program(error):
    def build(clip_length, size):
        raise error

    with pytest.raises(AbnormalError, match=r"build\(10, 64\) cannot build .*(width|SystemExit)"):
        own_network.build_network(build, 10, 64)


def test_where_no_temporary_file_can_be_made_an_archive_is_not_read(saved, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(AbnormalError, match=r"No temporary file can be made: No such .*TMPDIR"):
        load_model(saved)


def test_a_file_that_would_hide_a_module_is_refused(tmp_path):
    (tmp_path / "json.py").write_text("")
    with pytest.raises(AbnormalError, match="the name of another module, json"):
        import_file(tmp_path / "json.py")
    with pytest.raises(AbnormalError, match="There is no file"):
        import_file(tmp_path / "missing.py")


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda x: keras.layers.Flatten()(x), "turns clips .* into"),
        (lambda x: keras.layers.Conv3D(1, 3)(x), "turns clips .* into"),
        (lambda x: [x, x], "into 2 outputs"),
    ],
)
def test_a_network_that_does_not_return_clips_is_named(build, said):
    clip = keras.Input((3, 8, 8, 1))
    with pytest.raises(AbnormalError, match=said):
        own_network.require_clips(keras.Model(clip, build(clip)), 3, 8)
