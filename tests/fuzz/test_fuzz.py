"""A few hundred of the inputs of `make fuzz`, which has no end of them."""

import pytest

from tests.fuzz.run import run_target
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_refused_in_one_line_or_read_as_what_it_can_be(name, tmp_path):
    told = run_target(name, tmp_path, seed=0, seconds=60, numbers=range(TARGETS[name].quick))
    assert told.startswith(f"{name}: ")
