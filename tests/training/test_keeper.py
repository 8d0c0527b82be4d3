import errno

import numpy as np
import pytest

from abnormal.training import keeper as keeper_module
from abnormal.training.checkpoints import Checkpoint, list_checkpoints, save_checkpoint
from abnormal.training.keeper import Keeper


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
    keeper = Keeper(tmp_path, 600, 5, clock, print)
    seen = []
    for second in (0, 599.9, 600, 650):
        clock.now = 1000 + second
        seen.append(keeper.is_due)
    keeper.save(checkpoint(1))
    seen.append(keeper.is_due)
    clock.now += 600

    assert seen == [False, False, True, True, False]
    assert keeper.is_due


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_save_that_fails_warns_and_keeps_the_older_ones(tmp_path, clock, monkeypatch, code):
    said = []
    keeper = Keeper(tmp_path, 600, 1, clock, said.append)
    assert keeper.save(checkpoint(1))
    with monkeypatch.context() as broken:
        broken.setattr(keeper_module, "save_checkpoint", _raising(code))
        assert not keeper.save(checkpoint(2))

    assert "no checkpoint could be written" in said[0]
    assert str(tmp_path) in said[0]
    assert epochs(tmp_path) == [1]
    assert keeper.save(checkpoint(3))
    assert epochs(tmp_path) == [3]


def _raising(code):
    def fail(*_):
        raise OSError(code, "as the system says")

    return fail


def test_the_checkpoints_of_a_run_begun_anew_go_when_the_first_new_one_is_there(tmp_path, clock):
    for epoch in (7, 8):
        save_checkpoint(tmp_path, checkpoint(epoch), keep=5)
    keeper = Keeper(tmp_path, 600, 1, clock, print, replace=True)
    assert epochs(tmp_path) == [7, 8]

    keeper.save(checkpoint(1))

    assert epochs(tmp_path) == [1]


def test_a_checkpoint_with_the_name_of_one_that_has_gone_stays(tmp_path, clock):
    save_checkpoint(tmp_path, checkpoint(7), keep=5)
    keeper = Keeper(tmp_path, 600, 5, clock, print, replace=True)

    for epoch in (1, 7, 9):
        keeper.save(checkpoint(epoch))

    assert epochs(tmp_path) == [1, 7, 9]
