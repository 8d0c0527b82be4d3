import contextlib
import functools
import itertools

import av
import numpy as np
import pytest

from abnormal.models.backend import start_backend

start_backend()  # before a test module imports Keras

import keras  # noqa: E402

from abnormal.datasets.demo import find_demo  # noqa: E402
from abnormal.inference.detector import Detector  # noqa: E402
from abnormal.inference.runtimes import keras_runtime  # noqa: E402
from abnormal.models.model import ModelInfo  # noqa: E402
from abnormal.scoring.calibration import ALARM_SURPRISE, Calibration, read_calibration  # noqa: E402
from abnormal.scoring.surprise import Surprise  # noqa: E402
from abnormal.video.stream import Frame, FrameStream  # noqa: E402

CLIP_LENGTH, SIZE, FPS = 4, 67, 10.0


@contextlib.contextmanager
def open_greys(times_sec, fps):
    """Pictures of 12x16 pixels whose grey is their number."""
    pictures = (np.full((12, 16), number, np.uint8) for number in range(len(times_sec)))
    numbers = range(len(times_sec))
    yield FrameStream(map(Frame, pictures, times_sec, numbers), fps, len(times_sec))


@pytest.fixture
def greys():
    """Makes a source of frames from their times."""
    return lambda times_sec, fps: functools.partial(open_greys, times_sec, fps)


@pytest.fixture(scope="session")
def network():
    """A small recurrent network with fixed weights, for the size of real footage."""
    layers = keras.layers
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((CLIP_LENGTH, SIZE, SIZE, 1)),
            layers.Conv3D(2, (1, 4, 4), (1, 3, 3), activation="relu"),
            layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True),
            layers.Conv3DTranspose(1, (1, 4, 4), (1, 3, 3), activation="sigmoid"),
        ]
    )


@pytest.fixture(scope="session")
def model_info():
    thresholds = {"gradient": 0.25, "l1": 99.0, "l2": 10.0, "difference": 0.5}
    surprises = {
        name: Surprise((0, limit), (0, ALARM_SURPRISE), 1, 9, 9)
        for name, limit in thresholds.items()
    }
    calibration = Calibration(surprises, {}, {}, 9, ("01",), held_out=True)
    return ModelInfo("spatiotemporal", CLIP_LENGTH, SIZE, FPS, calibration=calibration.as_dict())


@pytest.fixture(scope="session")
def detector(network, model_info):
    calibration = read_calibration(model_info.calibration, {})
    return Detector("small", model_info, keras_runtime(network), calibration)


@pytest.fixture(scope="session")
def street_file(tmp_path_factory):
    """26 frames of the drawn street in a video file that loses nothing."""
    path = tmp_path_factory.mktemp("street") / "cart.mkv"
    video = next(video for video in find_demo(clip_frames=40) if video.situation == "cart")
    with video.open_frames() as stream:
        images = [frame.image for frame in itertools.islice(stream.frames, 26)]
    with av.open(str(path), "w") as container:
        track = container.add_stream("ffv1", rate=int(FPS))
        track.pix_fmt = "gray"
        track.height, track.width = images[0].shape
        for image in images:
            container.mux(track.encode(av.VideoFrame.from_ndarray(image, "gray")))
        container.mux(track.encode())
    return path
