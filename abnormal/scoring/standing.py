"""What it is that stays: somebody who moves a little, a thing that was left, or a gap.

It is looked at now and then during an event. Each look has a vote, and the event is what most of
the votes are for. If they are for nothing in particular, people are told only that something stays.
"""

from typing import NamedTuple

import numpy as np

MOVED_SHARE = 0.01
"""Share of a thing's pixels that have moved since the last look from which it has moved. People who
wait move more than that in most seconds."""

PASSING_SHARE = 0.15
"""Share of its pixels that have come or gone from which somebody may be passing in front of it. Of
people who wait it is mostly below this, of passers-by above."""

PASSING_WEIGHT = 0.25
"""Weight of a look at something that has moved while somebody may be passing. It has some weight,
because who waits may also step aside."""

CLEAR_BALANCE = 0.2
"""Balance of the edges from which it is clear whether a thing was left or is gone. It is 0.3 to 0.9
for drawn and filmed things, and what is less counts in proportion."""


class Standing(NamedTuple):
    """What people are told of a kind of things that stay, as in `abnormal.scoring.local`."""

    reason: str
    sentence: str


KINDS = {
    "stands": Standing(
        "stands for longer than is usual here",
        "Somebody or something that moves a little has stood here for {time}{where}, which is "
        "longer than is usual.",
    ),
    "left": Standing(
        "was left here",
        "Something was left here{where}, and has not moved for {time}.",
    ),
    "gone": Standing(
        "is gone from here",
        "Something that is usually here has been gone for {time}{where}.",
    ),
}
"""The kinds of things that stay, by name."""

NO_VOTE = np.zeros(1 + len(KINDS))
"""The votes of a frame at which nobody has looked: none for no kind, and none for each kind."""


def votes_of(moved: float, flipped: float, balance: float) -> np.ndarray:
    """Returns the votes of a look.

    Args:
        moved: The share of the thing that has moved since the last look, in [0, 1].
        flipped: How many pixels have come to the foreground or left it there since then, as a share
            of the thing, at least 0.
        balance: The balance of the edges along its outline, in [-1, 1]; see
            `abnormal.video.standing.edge_balance`.

    Returns:
        `(4,)` float64, at least 0: the votes for none of the kinds, and those for each in the order
        of `KINDS`.
    """
    if moved > MOVED_SHARE:
        return np.array([0.0, PASSING_WEIGHT if flipped > PASSING_SHARE else 1.0, 0.0, 0.0])
    clear = min(1.0, abs(balance) / CLEAR_BALANCE)
    left, gone = (clear, 0.0) if balance > 0 else (0.0, clear)
    return np.array([1 - clear, 0.0, left, gone])


def elected(votes: np.ndarray) -> str:
    """Returns the name of the kind that has most of the votes; empty if none has.

    Args:
        votes: `(..., 4)` float64 of `votes_of`, those of all looks.
    """
    sums = votes.reshape(-1, 1 + len(KINDS)).sum(axis=0)
    return ("", *KINDS)[int(sums.argmax())]
