import dataclasses
import errno
import importlib.util
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from abnormal import replacing
from abnormal.cli import test as program
from abnormal.errors import AbnormalError
from abnormal.models import export
from abnormal.models.export import EXPORTS, export_model
from abnormal.models.lazy_network import LazyNetwork
from abnormal.models.model import TrainedModel
from abnormal.models.model_file import load_model, save_model
from abnormal.models.packages import import_openvino


@pytest.fixture
def model(tmp_path, network, info):
    save_model(tmp_path / "gate.h5", network, info)
    return load_model(tmp_path / "gate.h5")


def facts_in_onnx(path):
    import onnx

    model = onnx.load(path)
    assert [model.graph.input[0].name, model.graph.output[0].name] == ["clips", "reconstructions"]
    return {entry.key: entry.value for entry in model.metadata_props}


def facts_in_openvino(path):
    model = import_openvino().Core().read_model(path / "model.xml")
    assert "reconstructions" in model.outputs[0].get_names()
    return {key: model.get_rt_info(["abnormal", key]).value for key in ("size", "thresholds")}


def facts_in_saved_model(path):
    return json.loads((path / "assets.extra" / "abnormal.json").read_text())


FACTS_IN = {
    "onnx": facts_in_onnx,
    "openvino": facts_in_openvino,
    "saved_model": facts_in_saved_model,
}


def need(kind):
    for name in EXPORTS[kind].packages:
        pytest.importorskip(name, reason=f"{name} is not installed")


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_is_written_gives_what_the_network_gives(model, kind, capfd):
    need(kind)
    path = export_model(model, kind, {"size": "8", "thresholds": '{"fused": 2.0}'})
    assert path.name == f"gate{EXPORTS[kind].suffix}"
    assert FACTS_IN[kind](path) == {"size": "8", "thresholds": '{"fused": 2.0}'}
    for count in (1, 3):
        clips = np.random.default_rng(count).random((count, *model.network.input_shape[1:]))
        outputs = EXPORTS[kind].read(path)(clips.astype(np.float32))
        expected = model.network.predict_on_batch(clips.astype(np.float32))
        np.testing.assert_allclose(outputs, expected, atol=1e-5)
    assert capfd.readouterr() == ("", "")
    assert len(list(path.parent.iterdir())) == 2  # and nothing half-written


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_differs_is_not_kept(model, kind, monkeypatch):
    need(kind)
    brighter = lambda path: lambda clips: model.network.predict_on_batch(clips) + 0.001  # noqa: E731
    monkeypatch.setitem(EXPORTS, kind, EXPORTS[kind]._replace(read=brighter))
    with pytest.raises(AbnormalError, match=r"not kept.*differ by up to 0\.001 .*at most 0\.0001"):
        export_model(model, kind)
    assert [path.name for path in model.path.parent.iterdir()] == ["gate.h5"]


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("room", [True, False])
def test_a_library_that_fails_does_not_say_that_the_disk_is_full(model, kind, room, monkeypatch):
    def fail(network, path):
        raise RuntimeError("basic_ios::clear")

    def reserve(path, size):
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    need(kind)
    monkeypatch.setitem(EXPORTS, kind, EXPORTS[kind]._replace(write=fail))
    monkeypatch.setattr(replacing, "reserve", reserve)
    expected = RuntimeError if room else AbnormalError
    said = "basic_ios" if room else f"gate{EXPORTS[kind].suffix} cannot be written: No space left"
    with pytest.raises(expected, match=said):
        export_model(model, kind)
    assert [path.name for path in model.path.parent.iterdir()] == ["gate.h5"]


@pytest.mark.parametrize("kind", ["onnx", "openvino"])
def test_missing_packages_are_named_with_how_to_get_them(model, kind, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        AbnormalError, match=rf"--export {kind} needs {kind}.*pip install '\.\[{kind}\]'"
    ):
        export_model(model, kind)


def test_another_backend_is_answered(model, monkeypatch):
    monkeypatch.setattr(export.keras.backend, "backend", lambda: "jax")
    with pytest.raises(AbnormalError, match="has to run on TensorFlow, but KERAS_BACKEND is jax"):
        export_model(model, "saved_model")


def test_the_program_writes_each_model_and_says_where(model, info, capsys):
    other = model.path.with_name("b.h5")
    save_model(other, model.network, dataclasses.replace(info, seed=1))
    assert program.main(["--model", str(model.path), str(other), "--export", "saved_model"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"saved_model: {path.with_suffix('')}_saved_model" for path in (model.path, other)
    ]


def test_openvino_does_not_tell_its_makers_that_it_is_used():
    program = (
        "from abnormal.models.backend import start_backend; start_backend()\n"
        "import sys\n"
        "from abnormal.models.packages import import_openvino\n"
        "import_openvino()\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "print(telemetry_utils.tm.__name__, sys.modules['openvino_telemetry'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["openvino.tools.ovc.telemetry_stub", "None"]


class OfItsOwn(keras.Model):
    def call(self, clips):
        return clips


def test_a_network_that_is_a_class_of_its_own_is_refused(tmp_path, info):
    network = LazyNetwork("0", ("OfItsOwn",), OfItsOwn)
    model = TrainedModel(network, info, tmp_path / "own.keras")
    with pytest.raises(AbnormalError, match="is a class of its own, which only Keras computes"):
        export_model(model, "saved_model")


def test_what_a_converter_cannot_express_is_said(model, monkeypatch):
    def fail(*_):
        raise RuntimeError("No rule\nfor operations: TensorList")

    monkeypatch.setattr("abnormal.models.fast.FastNetwork.export", fail)
    with pytest.raises(AbnormalError, match=r"cannot be converted for .*: No rule for operations"):
        export_model(model, "saved_model")
