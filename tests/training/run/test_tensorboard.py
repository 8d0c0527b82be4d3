"""TensorBoard gets the losses of each epoch, or one is told at once that it cannot."""

import dataclasses

import pytest

from abnormal.errors import AbnormalError
from tests.training.run.running import Meter, go


def test_tensorboard_gets_the_losses_of_each_epoch(options, tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = tmp_path / "log"
    result = go(dataclasses.replace(options, tensorboard=log, epochs=2))

    steps = {}
    for path in sorted(log.iterdir()):
        events = EventAccumulator(str(path))
        events.Reload()
        for event in events.Tensors("val_loss"):
            steps[event.step] = event.tensor_proto.float_val[0]
    history = result.info.history
    assert steps == {
        1: pytest.approx(history[0]["val_loss"]),
        2: pytest.approx(history[1]["val_loss"]),
    }


def test_a_tensorboard_folder_that_cannot_be_is_told_before_the_training(options, tmp_path):
    (tmp_path / "file").write_text("")
    meter = Meter()

    with pytest.raises(AbnormalError, match="in its way"):
        go(dataclasses.replace(options, tensorboard=tmp_path / "file" / "log"), meter)

    assert meter.batches == 0
