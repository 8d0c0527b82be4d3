import re

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.event_cells import (
    CellMaxima,
    EventCells,
    read_event_cells,
    write_event_cells,
)
from abnormal.scoring.alarm import Alarm

CELLS = EventCells("Hof-süd", "fused", 1.3, {"motion": np.eye(2), "stay": 3 * np.eye(2)})


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "cells" / "e.npz"
    for cells in (EventCells("", "motion", 9, {"place": np.eye(3)}), CELLS):
        write_event_cells(path, cells)
        found = read_event_cells(path)
        assert (found.camera, found.score, found.release) == (
            cells.camera,
            cells.score,
            cells.release,
        )
        assert {name: a.tolist() for name, a in found.largest.items()} == {
            name: a.tolist() for name, a in cells.largest.items()
        }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"motion": np.array([[np.nan]])}, "no number from 0 to 1e+09"),
        ({"motion": np.array([[-1.0]])}, "no number from 0 to 1e+09"),
        ({"motion": np.zeros((2, 2), int)}, "not rows of numbers"),
        ({"motion": np.zeros(2)}, "not rows of numbers"),
        ({"release": np.float64(np.inf)}, "release is inf"),
        ({"release": np.zeros(2)}, "release is a list"),
        ({"score": np.frombuffer(b"gradient", np.uint8)}, "'gradient' is no local score"),
        ({"camera": np.frombuffer(b"\xff", np.uint8)}, "can't decode"),
    ],
)
def test_what_no_event_showed_is_refused(tmp_path, change, says):
    path = tmp_path / "e.npz"
    write_event_cells(path, CELLS)
    with np.load(path) as stored:
        np.savez(path, **{**stored, **change})
    with pytest.raises(AbnormalError, match=rf"e.npz is damaged \(.*{re.escape(says)}"):
        read_event_cells(path)


def test_only_the_frames_of_the_event_count():
    maxima, alarm = CellMaxima(), Alarm("fused", 2.0, 1.0)

    def shown():
        return maxima.of_event(alarm).largest["motion"].item()

    def add(number, value, *span):
        cells = {} if value is None else {"motion": np.array([[value]])}
        maxima.add(number, "gate", cells, span)

    add(5, 3.0, 5, 5)
    add(6, 9.0, 5, 5)  # calm, as something is left out: perhaps it is over
    assert shown() == 3
    add(7, 4.0, 5, 7)  # it goes on, so that what was between is part of it
    assert shown() == 9
    add(8, None, 5, 8)
    assert shown() == 9
    add(30, 2.0, 30, 30)
    assert shown() == 2
