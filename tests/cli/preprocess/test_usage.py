"""Values that an option cannot have are answered with those that it can."""

import pytest

from abnormal.cli.preprocess import main
from abnormal.datasets.layouts import DATASETS


def usage_error(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "a", "1.5"])
def test_a_size_that_is_none(capsys, value):
    code, err = usage_error(capsys, "--size", value)
    assert code == 2
    assert "whole number of at least 1" in err


@pytest.mark.parametrize("value", ["0", "-1", "a", "nan", "inf"])
def test_a_rate_that_is_none(capsys, value):
    code, err = usage_error(capsys, "--fps", value)
    assert code == 2
    assert "number above 0" in err


def test_an_unknown_dataset_is_answered_with_the_known_ones(capsys):
    code, err = usage_error(capsys, "--dataset", "shanghai")
    assert code == 2
    assert all(name in err for name in DATASETS)


@pytest.mark.parametrize("size", ["0", "-1", "64x64", "1e2", "9999", "227px"])
def test_a_size_that_is_none_gets_advice(capsys, size):
    code, err = usage_error(capsys, f"--size={size}")
    assert code == 2
    assert f"{size!r} is no size. Expected: one whole number of at least 1 and at most 4096" in err


def test_a_pattern_that_is_none(capsys):
    code, err = usage_error(capsys, "--camera-from", "(")
    assert code == 2
    assert "'(' is no regular expression" in err
