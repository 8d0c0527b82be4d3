import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference import choice
from abnormal.inference.choice import open_runtime
from abnormal.inference.reference import TOLERANCE, make_reference
from abnormal.inference.runtimes import RUNTIMES, keras_runtime
from abnormal.models.lazy_network import lazy
from abnormal.models.model import TrainedModel

CLIPS = np.random.default_rng(0).integers(0, 256, (2, 4, 67, 67), np.uint8)


@pytest.fixture(scope="module")
def model(network, model_info):
    reference = make_reference(CLIPS, keras_runtime(network))
    return TrainedModel(lazy(network), model_info, Path("model.h5"), reference)


@pytest.fixture
def runtimes(monkeypatch, network):
    """Makes runtimes that are missing (None), or give outputs that are brighter by so much."""

    def make(brighter):
        for name, light in brighter.items():
            monkeypatch.setitem(RUNTIMES, name, runtime_of(name, light))

    def runtime_of(name, light):
        def runtime(opened):
            assert opened.keras is network
            if light is None:
                raise AbnormalError(f"{name} is not installed")
            exact = keras_runtime(network)
            return lambda clips: exact(clips) + np.float32(light)

        return runtime

    return make


# An output that is brighter by 0.1 changes the l2 of 67 x 67 pixels by several of its threshold.
@pytest.mark.parametrize(
    ("brighter", "chosen"),
    [
        ({"openvino-bfloat16": 0.0, "openvino": 0.0}, "openvino-bfloat16"),
        ({"openvino-bfloat16": 0.1, "openvino": 0.0}, "openvino"),
        ({"openvino-bfloat16": None, "openvino": 0.0}, "openvino"),
        ({"openvino-bfloat16": 0.1, "openvino": 0.1}, "keras"),
        ({"openvino-bfloat16": np.nan, "openvino": None}, "keras"),
    ],
)
def test_auto_is_the_fastest_that_is_there_and_agrees(model, runtimes, brighter, chosen):
    runtimes(brighter)
    assert open_runtime(model, "auto")[0] == chosen


def test_what_is_opened_computes_the_network(model, runtimes):
    runtimes({"openvino-bfloat16": None, "openvino": None})
    _, reconstruct = open_runtime(model, "auto")
    clips = CLIPS[..., None] / np.float32(255)
    expected = model.network.predict_on_batch(clips)
    np.testing.assert_allclose(reconstruct(clips), expected, atol=1e-5)


def test_without_a_reference_auto_is_what_calibrated(model, runtimes):
    runtimes(dict.fromkeys(("openvino-bfloat16", "openvino"), 0.0))
    older = TrainedModel(model.lazy_network, model.info, model.path)
    assert open_runtime(older, "auto")[0] == "keras"


def test_an_accelerator_is_used_by_keras(model, runtimes, monkeypatch):
    runtimes(dict.fromkeys(("openvino-bfloat16", "openvino"), 0.0))
    monkeypatch.setattr(choice, "has_accelerator", lambda: True)
    assert open_runtime(model, "auto")[0] == "keras"


def test_a_runtime_that_was_asked_for_has_to_agree(model, runtimes):
    runtimes({"openvino": 0.1})
    message = rf"openvino gives other scores.*at most {100 * TOLERANCE:g} %.*--runtime keras"
    with pytest.raises(AbnormalError, match=message):
        open_runtime(model, "openvino")


def test_a_runtime_that_was_asked_for_has_to_be_there(model, runtimes):
    runtimes({"openvino": None})
    with pytest.raises(AbnormalError, match="openvino is not installed"):
        open_runtime(model, "openvino")


def test_the_faster_one_is_tried_first():
    names = list(RUNTIMES)
    assert names.index("openvino-bfloat16") < names.index("openvino") < names.index("keras")


@pytest.mark.parametrize("step", [0.0, 0.1])  # in which a random network changes from call to call
def test_code_that_is_another_by_now_is_found_out(model, monkeypatch, step):
    info = dataclasses.replace(model.info, arch="own", needs={"nets:Scale": "/nets.py"})
    own = dataclasses.replace(model, info=info)
    light = itertools.count(1)
    exact = keras_runtime(model.network)
    other = lambda clips: exact(clips) + np.float32(0.1 + step * next(light))  # noqa: E731
    monkeypatch.setitem(RUNTIMES, "keras", lambda _: other)
    assert open_runtime(model, "keras")[1] is other  # whose network is all in the file
    if step:
        assert open_runtime(own, "auto")[1] is other
    else:
        with pytest.raises(AbnormalError, match=r"If /nets\.py has changed, calibrate"):
            open_runtime(own, "auto")
