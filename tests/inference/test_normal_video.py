"""The background of a camera is learnt from some of its videos."""

import contextlib

import numpy as np

from abnormal.inference.normal_video import NormalVideo, learn_backgrounds


def test_the_background_of_many_videos_is_learnt_from_some_of_them():
    opened_names = []

    def opening(number):
        @contextlib.contextmanager
        def open_frames():
            opened_names.append(number)
            yield iter(np.full((30, 4, 4), number, np.uint8))

        return NormalVideo(f"{number:03d}", "", open_frames, 30, held_out=True)

    background = learn_backgrounds([opening(number) for number in range(201)])[""]
    assert len(opened_names) <= 2 * 100
    assert abs(int(background[0, 0]) - 100) <= 2
