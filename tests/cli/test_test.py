from abnormal.cli.test import EXPORT_NAMES, RUNTIME_NAMES, SCORE_NAMES, _parser
from abnormal.inference.choice import AUTO, ON_PROCESSOR
from abnormal.inference.runtimes import RUNTIMES
from abnormal.models.export import EXPORTS
from abnormal.scoring.local import FUSED, LOCAL_SCORES
from abnormal.scoring.residual import SCORES


def test_the_scores_that_can_be_chosen_are_those_there_are():
    assert (FUSED, *LOCAL_SCORES, *SCORES) == SCORE_NAMES
    assert _parser().parse_args([]).score == "fused"


def test_the_runtimes_that_can_be_chosen_are_those_there_are():
    assert (AUTO, *RUNTIMES) == RUNTIME_NAMES
    assert set(ON_PROCESSOR) == set(RUNTIMES)


def test_the_exports_that_can_be_chosen_are_those_there_are():
    assert tuple(EXPORTS) == EXPORT_NAMES
