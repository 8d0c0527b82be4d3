import numpy as np
import pytest

from abnormal.training.early_stopping import EarlyStopping


@pytest.mark.parametrize(
    ("patience", "losses", "epochs", "best"),
    [
        (2, [5, 4, 3, 2, 1], 5, 4),  # always better
        (2, [5, 4, 4, 4, 1], 4, 1),  # as good is not better
        (2, [5, 6, 4, 6, 5, 1], 5, 2),  # one bad epoch is forgiven
        (1, [5, 6, 1], 2, 0),
        (3, [1, 2, 3], 3, 0),  # not yet at the end of its patience
        (1, [float("nan"), 1], 1, -1),
    ],
)
def test_when_it_stops_and_which_epoch_was_best(patience, losses, epochs, best):
    stopping, done = EarlyStopping(patience), 0
    for epoch, loss in enumerate(losses):
        stopping.update(epoch, loss, [np.full(2, float(epoch))])
        done += 1
        if stopping.should_stop:
            break
    assert (done, stopping.best_epoch) == (epochs, best)
    assert [weight.tolist() for weight in stopping.best_weights] == ([[best, best]] * (best >= 0))


def test_the_best_weights_are_a_copy():
    weights = [np.zeros(2)]
    stopping = EarlyStopping(1)
    stopping.update(0, 1.0, weights)
    weights[0] += 1
    assert stopping.best_weights[0].tolist() == [0, 0]


def test_before_the_first_epoch_nothing_stops():
    assert not EarlyStopping(1).should_stop
