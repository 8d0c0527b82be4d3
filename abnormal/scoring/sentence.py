"""What is unusual, as a sentence for people.

A sentence says what was measured and no more: a score does not know whether what it has found is
somebody or something.
"""

from collections.abc import Sequence

from abnormal.scoring.local import LOCAL_SCORES, words_of

LEAST_TIMES = 1.1
"""A smaller multiple of the normal level is not named, because it would read as "1 times"."""
MOST_TIMES = 100
"""A larger multiple is only called larger than this. The normal level is then close to 0."""

LARGE_SHARE = 0.7
"""A box that is wider and higher than this share of the picture is all over it."""

_UNITS = ((48 * 3600, 86400, "day"), (7200, 3600, "hour"), (120, 60, "minute"), (0.95, 1, "second"))
"""From how many seconds on a unit is used, how many seconds it has, and its name."""


def local_sentence(
    name: str, measure: float | None, box: Sequence[float] | None, standing: str = ""
) -> str:
    """Says what a local score finds unusual, where, and by how much.

    Args:
        name: Name in `LOCAL_SCORES`.
        measure: What was measured: how many times the normal level, or for how many seconds if the
            score is of a duration; None if it is not known.
        box: Where it was; None if it is not known.
        standing: What stays; see `abnormal.scoring.local.reason_of`.
    """
    where, (reason, sentence) = place(box), words_of(name, standing)
    of_duration = LOCAL_SCORES[name].of_duration
    if measure is None or (measure < LEAST_TIMES and not of_duration):
        verb = "moves " if reason.startswith("faster") else ""
        return f"Something {verb}{reason}{where}."
    return sentence.format(where=where, times=times(measure), time=duration(measure))


def score_sentence(score: float) -> str:
    """Says how unusual a picture is by a score that knows no places."""
    return f"The picture as a whole is unusual: its score is {score:.3g}."


def place(box: Sequence[float] | None) -> str:
    """Says in which part of the picture a box is, such as `, in the upper left`.

    Args:
        box: Left, top, width and height, in parts of the picture; None if it is not known.

    Returns:
        The middle of the box in words, to be put behind a statement; empty without a box.
    """
    if box is None:
        return ""
    left, top, width, height = box
    if min(width, height) > LARGE_SHARE:
        return ", all over the picture"
    column, row = _third(left + width / 2), _third(top + height / 2)
    if row == 1:
        return (", on the left", ", in the middle", ", on the right")[column]
    return f", in the {('upper', '', 'lower')[row]} {('left', 'middle', 'right')[column]}"


def times(ratio: float) -> str:
    """Writes a multiple to two digits, such as `2.5 times`.

    Args:
        ratio: At least 0.
    """
    if ratio > MOST_TIMES:
        return f"more than {MOST_TIMES} times"
    return f"{ratio:.1f}".removesuffix(".0") + " times" if ratio < 9.95 else f"{ratio:.0f} times"


def duration(sec: float) -> str:
    """Writes a duration in the largest unit of which there are two or more, such as `4 minutes`.

    Args:
        sec: Seconds, at least 0.
    """
    for least_sec, unit_sec, name in _UNITS:
        if sec >= least_sec:
            count = round(sec / unit_sec)
            return f"{count} {name}{'s' * (count != 1)}"
    return "less than a second"


def _third(position: float) -> int:
    """Returns in which third of a side a position in [0, 1] is: 0, 1 or 2."""
    return min(int(3 * position), 2)
