import pytest

from abnormal.scoring.local import LOCAL_SCORES, reason_of
from abnormal.scoring.sentence import duration, local_sentence, place, score_sentence, times
from abnormal.scoring.standing import KINDS

BOX = (0.0, 0.1, 0.2, 0.2)

SENTENCES = {
    "motion": "Somebody or something moves 3 times as fast as is usual here, in the upper left.",
    "place": "Something moves where hardly anything moves, in the upper left, at least 3 times as "
    "fast as is usual there.",
    "stay": "Something has stood here for 4 minutes, in the upper left, which is longer than is "
    "usual.",
    "change": "Something moves in a way that is not usual here, in the upper left: the network's "
    "error changes 3 times as much as usual.",
    "appearance": "Something looks unlike what is usual here, in the upper left: the network's "
    "error is 3 times as large as usual.",
}


@pytest.mark.parametrize("name", LOCAL_SCORES)
def test_each_score_has_a_sentence_with_what_it_measured(name):
    measure = 239.0 if LOCAL_SCORES[name].of_duration else 3.04
    assert local_sentence(name, measure, BOX) == SENTENCES[name]


STAYING = {
    "stands": "Somebody or something that moves a little has stood here for 4 minutes, in the "
    "upper left, which is longer than is usual.",
    "left": "Something was left here, in the upper left, and has not moved for 4 minutes.",
    "gone": "Something that is usually here has been gone for 4 minutes, in the upper left.",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_what_stays_has_a_sentence_and_a_reason(kind):
    assert local_sentence("stay", 239.0, BOX, kind) == STAYING[kind]
    assert local_sentence("stay", None, None, kind) == f"Something {reason_of('stay', kind)}."
    assert reason_of("stay", kind) not in {reason_of(name) for name in LOCAL_SCORES}
    assert local_sentence("motion", 3.04, BOX, kind) == SENTENCES["motion"]  # which does not stay


@pytest.mark.parametrize("name", LOCAL_SCORES)
@pytest.mark.parametrize("measure", [None, 0.4])
def test_what_was_not_measured_or_is_no_multiple_is_not_named(name, measure):
    sentence = local_sentence(name, measure, None)
    assert sentence.startswith("Something ")
    assert sentence.endswith(".")
    assert "0.4" not in sentence
    assert "None" not in sentence


def test_without_a_number_it_is_still_a_sentence():
    assert local_sentence("motion", 1.04, None) == "Something moves faster than is usual here."
    assert local_sentence("appearance", None, BOX) == (
        "Something looks unlike what is usual here, in the upper left."
    )
    assert score_sentence(2.4567) == "The picture as a whole is unusual: its score is 2.46."


@pytest.mark.parametrize(
    ("box", "text"),
    [
        (None, ""),
        ((0, 0, 0.1, 0.1), ", in the upper left"),
        ((0.4, 0.4, 0.2, 0.2), ", in the middle"),
        ((0.9, 0.4, 0.1, 0.2), ", on the right"),
        ((0.4, 0.9, 0.2, 0.1), ", in the lower middle"),
        ((0.5, 0.5, 0.5, 0.5), ", in the lower right"),
        ((1, 1, 0, 0), ", in the lower right"),
        ((0, 0, 1, 0.2), ", in the upper middle"),
        ((0.1, 0, 0.9, 0.9), ", all over the picture"),
    ],
)
def test_a_place_is_named_by_the_third_in_which_its_middle_is(box, text):
    assert place(box) == text


@pytest.mark.parametrize(
    ("sec", "text"),
    [
        (0, "less than a second"),
        (0.9, "less than a second"),
        (0.96, "1 second"),
        (1.4, "1 second"),
        (1.6, "2 seconds"),
        (119.4, "119 seconds"),
        (120, "2 minutes"),
        (239, "4 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
    ],
)
def test_a_duration_has_the_largest_unit_of_which_there_are_two(sec, text):
    assert duration(sec) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.26, "1.3 times"),
        (3.04, "3 times"),
        (9.94, "9.9 times"),
        (9.96, "10 times"),
        (99.6, "100 times"),
        (100.1, "more than 100 times"),
    ],
)
def test_a_multiple_has_two_digits(ratio, text):
    assert times(ratio) == text
