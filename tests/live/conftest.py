import pytest

from benchmarks.mjpeg_camera import MjpegCamera


@pytest.fixture
def mjpeg_camera():
    """Makes cameras from JPEG pictures; they end with the test."""
    cameras = []

    def make(jpegs, fps, **options):
        cameras.append(MjpegCamera(jpegs, fps, **options))
        return cameras[-1]

    yield make
    for camera in cameras:
        camera.kill()
