import contextlib

import keras

from abnormal.inference.videos import InputVideo, ModelFrames
from abnormal.models.lazy_network import LazyNetwork
from abnormal.models.model_file import ModelInfo, TrainedModel
from abnormal.training.recalibrate import with_known_rate


def ten_a_second(size, fps):
    return contextlib.nullcontext(ModelFrames(iter([]), 10.0))


def test_a_network_that_keras_alone_has_written_gets_the_rate_of_the_footage(tmp_path):
    network = LazyNetwork("digest", [], keras.Sequential)
    for versions, fps in (({}, 10.0), ({"keras": "3.10"}, 25.0)):
        info = ModelInfo("own", 4, 16, 25.0, versions=versions)
        model = TrainedModel(network, info, tmp_path / "model.h5")
        known = with_known_rate(model, InputVideo("01", ten_a_second))
        assert known.info.fps == fps
        assert known.info.versions
