import importlib.util

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference import openvino_runtime as module
from abnormal.inference.openvino_runtime import cache_folder, openvino_runtime


@pytest.fixture
def cache(tmp_path, monkeypatch):
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    monkeypatch.setenv("ABNORMAL_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    return tmp_path / "openvino"


def clips_for(network, count):
    return np.random.default_rng(count).random((count, *network.input_shape[1:]), np.float32)


def test_it_computes_the_network_for_batches_of_any_size(cache, network):
    reconstruct = openvino_runtime(network)
    for count in (1, 3, 1):
        clips = clips_for(network, count)
        outputs = reconstruct(clips)
        np.testing.assert_allclose(outputs, network.predict_on_batch(clips), atol=1e-5)
        assert (outputs.shape, outputs.dtype) == (clips.shape, np.float32)


def test_bfloat16_is_coarser(cache, network):
    import openvino

    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor does not compute in bfloat16")
    clips = clips_for(network, 1)
    difference = np.abs(openvino_runtime(network, "bf16")(clips) - openvino_runtime(network)(clips))
    assert 1e-6 < difference.max() < 1e-2


def test_a_network_is_converted_once(cache, network, monkeypatch):
    openvino_runtime(network)
    (first,) = cache.iterdir()

    def again(*_):
        raise AssertionError("it is there already")

    monkeypatch.setattr(module, "write_openvino", again)
    reconstruct = openvino_runtime(network)
    assert reconstruct(clips_for(network, 1)).max() > 0
    assert list(cache.iterdir()) == [first]


def test_other_weights_are_another_network_and_old_ones_go(cache, network, monkeypatch):
    monkeypatch.setattr(module, "KEEP", 1)
    other = keras.models.clone_model(network)
    seen = []
    for shift in range(2):
        other.set_weights([weight + shift / 10 for weight in network.get_weights()])
        clips = clips_for(network, 1)
        outputs = openvino_runtime(other)(clips)
        np.testing.assert_allclose(outputs, other.predict_on_batch(clips), atol=1e-5)
        seen.append(set(cache.iterdir()))
    assert [len(folders) for folders in seen] == [1, 1]
    assert not seen[0] & seen[1]


def test_a_conversion_that_fails_leaves_nothing(cache, network, monkeypatch):
    def full(network, folder):
        (folder / "model.xml").write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_openvino", full)
    with pytest.raises(AbnormalError, match="cannot be written: No space left"):
        openvino_runtime(network)
    assert not list(cache.iterdir())


def test_a_missing_package_is_named_with_how_to_get_it(network, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(AbnormalError, match=r"--runtime openvino needs openvino.*\[openvino\]"):
        openvino_runtime(network)
