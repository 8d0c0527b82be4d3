import errno

import numpy as np
import pytest

from abnormal.training.checkpoint_writer import CheckpointWriter
from abnormal.training.checkpoints import Checkpoint, list_checkpoints, save_checkpoint


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def checkpoint(epoch):
    return Checkpoint(epoch, 0, {}, {"a": np.zeros(2)})


@pytest.fixture
def clock():
    return Clock()


def epochs(folder):
    return [int(path.name[5:9]) for path in list_checkpoints(folder)]


def test_it_is_due_when_the_time_is_over_and_not_before(tmp_path, clock):
    writer = CheckpointWriter(tmp_path, 600, 5, clock)
    seen = []
    for second in (0, 599.9, 600, 650):
        clock.now = 1000 + second
        seen.append(writer.is_due)
    writer.save(checkpoint(1))
    seen.append(writer.is_due)
    clock.now += 600

    assert seen == [False, False, True, True, False]
    assert writer.is_due


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_save_that_fails_warns_and_keeps_the_older_ones(
    tmp_path, clock, monkeypatch, caplog, code
):
    writer = CheckpointWriter(tmp_path, 600, 1, clock)
    assert writer.save(checkpoint(1))
    with monkeypatch.context() as broken:
        broken.setattr(f"{CheckpointWriter.__module__}.save_checkpoint", _raising(code))
        assert not writer.save(checkpoint(2))

    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith(f"no checkpoint could be written to {tmp_path} (")
    assert epochs(tmp_path) == [1]
    assert writer.save(checkpoint(3))
    assert epochs(tmp_path) == [3]


def _raising(code):
    def fail(*_):
        raise OSError(code, "as the system says")

    return fail


def test_the_checkpoints_of_a_run_begun_anew_go_when_the_first_new_one_is_there(tmp_path, clock):
    for epoch in (7, 8):
        save_checkpoint(tmp_path, checkpoint(epoch), keep=5)
    writer = CheckpointWriter(tmp_path, 600, 1, clock, replace=True)
    assert epochs(tmp_path) == [7, 8]

    writer.save(checkpoint(1))

    assert epochs(tmp_path) == [1]


def test_a_checkpoint_with_the_name_of_one_that_has_gone_stays(tmp_path, clock):
    save_checkpoint(tmp_path, checkpoint(7), keep=5)
    writer = CheckpointWriter(tmp_path, 600, 5, clock, replace=True)

    for epoch in (1, 7, 9):
        writer.save(checkpoint(epoch))

    assert epochs(tmp_path) == [1, 7, 9]
