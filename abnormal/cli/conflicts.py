"""Options that have no effect beside others: they are refused instead of passed over in silence."""

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

from abnormal.errors import UsageError

_ALWAYS = ("verbose", "log_format")
"""Options that have an effect in each case."""


class Conflict(NamedTuple):
    """Options that have no effect in a case.

    Attributes:
        applies: Tells by the parsed arguments whether it is the case.
        message: Says so. `{options}` stands for those options that were given, `{are}` for "is" or
            "are", and `{them}` for "it" or "them".
        without_effect: The options, as attributes of the parsed arguments.
        all_but: Says instead which options do have an effect.
    """

    applies: Callable[[argparse.Namespace], object]
    message: str
    without_effect: Sequence[str] = ()
    all_but: Sequence[str] = ()

    def concerns(self, option: str) -> bool:
        """Tells whether an option has no effect in this case."""
        if self.all_but:
            return option not in (*self.all_but, *_ALWAYS)
        return option in self.without_effect


def require_no_conflict(
    parser: argparse.ArgumentParser, args: argparse.Namespace, conflicts: Sequence[Conflict]
) -> None:
    """Refuses options that have no effect. An option with its default value counts as not given.

    Raises:
        UsageError: Some were given.
    """
    given = [name for name, value in vars(args).items() if value != parser.get_default(name)]
    for conflict in conflicts:
        if not conflict.applies(args):
            continue
        idle = [name for name in given if conflict.concerns(name)]
        if idle:
            many = len(idle) > 1
            words = {"are": "are" if many else "is", "them": "them" if many else "it"}
            raise UsageError(conflict.message.format(options=_listed(idle), **words))


def flag(option: str) -> str:
    """Returns an option as users type it, such as `--cool-down` for `cool_down`."""
    return f"--{option.replace('_', '-')}"


def _listed(options: Sequence[str]) -> str:
    """Returns text such as `--a, --b and --c`."""
    *first, last = map(flag, options)
    return f"{', '.join(first)} and {last}" if first else last
