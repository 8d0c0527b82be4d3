"""What the tests of the extraction share."""

import pytest

from abnormal.datasets.folder import find


@pytest.fixture
def img(tmp_path):
    return tmp_path / "img"


@pytest.fixture
def video(tmp_path, make_video):
    (video,) = find(make_video(tmp_path / "videos" / "gate.mp4"))
    return video
