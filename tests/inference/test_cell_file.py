import errno

import numpy as np
import pytest

from abnormal.errors import AbnormalError
from abnormal.inference.cell_file import CellFile, open_cell_file

NAMES = ("motion", "place")


def cells(count, seed):
    values = np.random.default_rng(seed).random((len(NAMES), count, 3, 4))
    return dict(zip(NAMES, values, strict=True))


def test_cells_come_back_as_they_were_some_at_a_time():
    first, second = cells(7, 0), cells(5, 1)
    with open_cell_file(NAMES) as file:
        assert file.frames == 0
        file.append(first)
        assert file.frames == 7
        file.append(second)
        parts = list(file.read(2, 12, 4))
        assert [len(part["motion"]) for part in parts] == [4, 4, 2]
        for name in NAMES:
            expected = np.concatenate((first[name], second[name]))[2:]
            found = np.concatenate([part[name] for part in parts])
            assert found == pytest.approx(expected, rel=1e-3)
            assert found.dtype == np.float64


def test_a_full_disk_is_told_with_its_folder():
    class Full:
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(AbnormalError, match=r"There is no space left in .*TMPDIR"):
        CellFile(NAMES, Full()).append(cells(1, 0))


def test_where_no_temporary_file_can_be_made_the_advice_is_the_same(monkeypatch):
    def refuse(**options):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with (
        pytest.raises(AbnormalError, match=r"can be made: No usable .*TMPDIR"),
        open_cell_file(NAMES),
    ):
        pass
