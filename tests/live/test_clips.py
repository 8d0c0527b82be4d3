import os
import signal
import time

import cv2
import numpy as np
import pytest

from abnormal.live.clips import ClipWriter

FPS = 5.0
PICTURES = [
    cv2.imencode(".jpg", np.full((32, 48), grey, np.uint8))[1].tobytes() for grey in (9, 99)
]


@pytest.fixture
def said():
    return []


@pytest.fixture
def clips(said):
    writer = ClipWriter(1, said.append)
    yield writer
    writer.close()


def process_of(clips, path):
    """The process that encodes, once it has encoded something."""
    clips.write(path, PICTURES, FPS)
    while not path.exists():
        time.sleep(0.01)
    (process,) = clips._process._processes
    return process


def test_it_gets_what_the_processor_has_left(clips, tmp_path):
    process = process_of(clips, tmp_path / "first.mp4")
    assert process != os.getpid()
    assert os.sched_getscheduler(process) == os.SCHED_IDLE


def test_what_was_begun_is_finished_after_signals_to_all(clips, tmp_path, said):
    process = process_of(clips, tmp_path / "first.mp4")
    clips.write(tmp_path / "second.mp4", PICTURES * 50, FPS)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process, number)
    clips.close()
    assert (tmp_path / "second.mp4").exists()
    assert said == []


def test_a_process_that_is_killed_costs_what_it_had_and_is_replaced(clips, tmp_path, said):
    process = process_of(clips, tmp_path / "first.mp4")
    os.kill(process, signal.SIGSTOP)
    clips.write(tmp_path / "lost.mp4", PICTURES, FPS)
    os.kill(process, signal.SIGKILL)
    while not said:
        time.sleep(0.01)
    assert said == [f"left out: {tmp_path / 'lost.mp4'}: the process that encodes was killed"]
    assert process_of(clips, tmp_path / "third.mp4") != process
    assert len(said) == 1
