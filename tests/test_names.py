"""What the options take is what there is."""

import pytest

from abnormal import names
from abnormal.cli import preprocess, test, train
from abnormal.datasets.download import DOWNLOADS
from abnormal.datasets.layouts import DRAWN, LAYOUTS
from abnormal.inference.runtimes import RUNTIMES
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.export import EXPORTS
from abnormal.models.forms.arithmetic import PRECISIONS
from abnormal.models.networks import NETWORKS
from abnormal.names import FUSED
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.residual import SCORES
from abnormal.training.losses import LOSSES


@pytest.mark.parametrize(
    ("listed", "table"),
    [
        (names.LOCAL_SCORE_NAMES, LOCAL_SCORES),
        (names.FRAME_SCORE_NAMES, SCORES),
        (names.LOSS_NAMES, LOSSES),
        (names.PRECISION_NAMES, PRECISIONS),
        (names.DOWNLOAD_NAMES, DOWNLOADS),
        (names.EXPORT_NAMES, EXPORTS),
    ],
)
def test_a_list_of_names_is_that_of_its_table(listed, table):
    assert listed == tuple(table)


def test_all_scores_together_do_not_share_a_name():
    assert names.FUSED == FUSED
    assert (FUSED, *LOCAL_SCORES, *SCORES) == names.SCORE_NAMES
    assert len(set(names.SCORE_NAMES)) == len(names.SCORE_NAMES)


def test_every_network_has_its_defaults():
    assert tuple(ARCHITECTURES) == tuple(NETWORKS)


@pytest.mark.parametrize(
    ("program", "option", "choices", "default"),
    [
        (preprocess, "dataset", ["auto", "folder", *LAYOUTS, "demo", *DRAWN], "auto"),
        (preprocess, "download", DOWNLOADS, None),
        (train, "loss", LOSSES, "mse"),
        (train, "precision", PRECISIONS, "float32"),
        (test, "score", [FUSED, *LOCAL_SCORES, *SCORES], "fused"),
        (test, "runtime", ["auto", *RUNTIMES], "auto"),
        (test, "export", EXPORTS, None),
    ],
)
def test_an_option_takes_what_there_is(program, option, choices, default):
    parser = program._parser()
    (action,) = (action for action in parser._actions if action.dest == option)
    assert list(action.choices) == list(choices)
    assert getattr(parser.parse_args([]), option) == default


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_an_architecture_of_the_program(name):
    assert train._parser().parse_args(["--arch", name]).arch == name


@pytest.mark.parametrize("load", LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_is_a_module_that_recognises_a_folder_and_finds_its_videos(load, tmp_path):
    assert load().find_markers(tmp_path) == ""
    assert load().find(tmp_path) == []
