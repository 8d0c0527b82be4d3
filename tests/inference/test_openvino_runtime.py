import importlib.util

import keras
import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.openvino_runtime import openvino_runtime
from abnormal.models.lazy_network import lazy


def clips_for(network, count):
    return np.random.default_rng(count).random((count, *network.input_shape[1:]), np.float32)


def test_it_computes_the_network_for_batches_of_any_size(network):
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    reconstruct = openvino_runtime(lazy(network))
    for count in (1, 3, 1):
        clips = clips_for(network, count)
        outputs = reconstruct(clips)
        np.testing.assert_allclose(outputs, network.predict_on_batch(clips), atol=1e-5)
        assert (outputs.shape, outputs.dtype) == (clips.shape, np.float32)


def test_a_network_with_other_layers_is_converted(caplog):
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    network = keras.Sequential(
        [keras.Input((2, 4, 4, 1)), keras.layers.Conv3D(1, 1), keras.layers.LeakyReLU()]
    )
    clips = clips_for(network, 1) - 0.5
    with caplog.at_level("INFO"):
        outputs = openvino_runtime(lazy(network))(clips)
    np.testing.assert_allclose(outputs, network.predict_on_batch(clips), atol=1e-5)
    assert "is converted for OpenVINO" in caplog.text


def test_bfloat16_is_coarser(network):
    openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor does not compute in bfloat16")
    clips = clips_for(network, 1)
    coarse, fine = (openvino_runtime(lazy(network), name)(clips) for name in ("bf16", "f32"))
    assert 1e-6 < np.abs(coarse - fine).max() < 1e-2


def test_a_missing_package_is_named_with_how_to_get_it(network, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(AbnormalError, match=r"--runtime openvino needs openvino.*\[openvino\]"):
        openvino_runtime(lazy(network))
