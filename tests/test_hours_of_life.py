"""The benchmark of false alarms in hours of ordinary life."""

import argparse

import pytest

from benchmarks.false_alarms import require_same


def arguments(output, **changed):
    known = {"place": "street", "seed": 0, "hours": 6.0, "output": output}
    return argparse.Namespace(**{**known, **changed})


def test_a_folder_with_the_results_of_another_seed_is_refused(tmp_path):
    require_same(arguments(tmp_path))

    with pytest.raises(SystemExit, match="seed was 0"):
        require_same(arguments(tmp_path, seed=1))


def test_more_hours_go_on_in_the_same_folder(tmp_path):
    require_same(arguments(tmp_path))

    require_same(arguments(tmp_path, hours=8.0))
