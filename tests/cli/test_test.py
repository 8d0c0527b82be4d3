from abnormal.cli.test import RUNTIME_NAMES, SCORE_NAMES, _parser
from abnormal.inference.detector import AUTO
from abnormal.inference.runtimes import RUNTIMES
from abnormal.scoring.residual import SCORES


def test_the_scores_that_can_be_chosen_are_those_there_are():
    assert tuple(SCORES) == SCORE_NAMES
    assert _parser().parse_args([]).score == "gradient"


def test_the_runtimes_that_can_be_chosen_are_those_there_are():
    assert ("auto", *RUNTIMES) == RUNTIME_NAMES
    assert set(AUTO) <= set(RUNTIMES)
