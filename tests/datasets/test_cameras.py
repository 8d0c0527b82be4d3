import re

import pytest

from abnormal.datasets.cameras import name_cameras
from abnormal.datasets.folder import find
from abnormal.errors import AbnormalError


@pytest.fixture
def videos(tmp_path):
    for name in ("gate/cam1_monday.mp4", "gate/cam12_monday.mp4", "yard/cam1.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return find(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "cameras"),
    [
        (r"cam\d+", ["cam1", "cam12", "cam1"]),
        (r"cam(\d+)", ["1", "12", "1"]),
        (r"^([^/]+)/", ["gate", "gate", "yard"]),
        (r"gate/(cam\d+)|yard", ["cam1", "cam12", "yard"]),
        (r"gate/(cam\d+)|(yard)/cam", ["cam1", "cam12", "yard"]),
    ],
)
def test_the_camera_is_what_the_pattern_finds_in_the_name(videos, pattern, cameras):
    named = name_cameras(videos, re.compile(pattern))
    assert [video.camera for video in named] == cameras
    assert [video.name for video in named] == [video.name for video in videos]


def test_a_pattern_that_leaves_videos_out_is_refused(videos):
    with pytest.raises(AbnormalError, match=r"matches 2 of 3 videos, but not 'yard/cam1'"):
        name_cameras(videos, re.compile("monday"))


def test_a_pattern_that_matches_nothing_of_a_name_finds_no_camera(videos):
    with pytest.raises(AbnormalError, match=r"matches 1 of 3 videos, but not 'gate/cam1_monday'"):
        name_cameras(videos, re.compile("(yard)?"))
