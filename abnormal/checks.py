"""Checks values that were read from a file, before they are used: their type, range and length.

Each function returns the value, or raises `ValueError` with the name of the value, the value itself
and what was expected. Whoever reads the file adds its path and how to mend it.
"""

import itertools
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 60
"""At most this many characters of a wrong value are shown."""

MOST_TEXT = 10_000
"""Largest number of characters of a text such as a name or a note."""


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Checks a whole number from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise _wrong(name, value, f"a whole number from {low} to {high}")
    return value


def number(name: str, value: Any, low: float, high: float) -> float:
    """Checks a finite number from `low` to `high`; it stays a whole number if it is one."""
    if type(value) not in (int, float) or not low <= value <= high or math.isinf(value):
        raise _wrong(name, value, f"a number from {low:g} to {high:g}")
    return value


def flag(name: str, value: Any) -> bool:
    """Checks a truth value."""
    if type(value) is not bool:
        raise _wrong(name, value, "true or false")
    return value


def text(name: str, value: Any, most: int = MOST_TEXT) -> str:
    """Checks a text of at most `most` characters, which has a form in UTF-8."""
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise _wrong(name, value, f"a text of at most {most} characters")
    os.fsencode(value)  # a lone surrogate is a `UnicodeEncodeError`, which is a `ValueError`
    return value


def relative_path(name: str, value: Any) -> str:
    """Checks the path of something inside a folder, from which no part of it may lead out."""
    parts = text(name, value).split("/")
    if any(part in ("", ".", "..") or len(os.fsencode(part)) > 255 for part in parts):
        raise _wrong(name, value, "a relative path without '..'")
    return "/".join(parts)


def mapping(name: str, value: Any) -> Mapping[str, Any]:
    """Checks a mapping with texts as its keys."""
    if not isinstance(value, Mapping):
        raise _wrong(name, value, "a mapping")
    for key in value:
        text(f"a key of {name}", key)
    return value


def sequence(name: str, value: Any, least: int = 0, most: int = 1_000_000) -> Sequence[Any]:
    """Checks a sequence of `least` to `most` values."""
    if not isinstance(value, list | tuple) or not least <= len(value) <= most:
        raise _wrong(name, value, f"a list of {least} to {most} values")
    return value


def numbers(
    name: str, value: Any, low: float, high: float, least: int = 0, most: int = 1_000_000
) -> tuple[float, ...]:
    """Checks a sequence of `least` to `most` numbers, each from `low` to `high`."""
    return tuple(
        number(f"a value of {name}", v, low, high) for v in sequence(name, value, least, most)
    )


def growing(name: str, values: tuple[float, ...]) -> tuple[float, ...]:
    """Checks that no number is smaller than the one before it."""
    for before, after in itertools.pairwise(values):
        if after < before:
            raise ValueError(f"{name} falls from {before:g} to {after:g}, but has to grow")
    return values


def _wrong(name: str, value: Any, expected: str) -> ValueError:
    return ValueError(f"{name} is {shown(value)}, but {expected} was expected")


def shown(value: Any) -> str:
    """Returns a value as it is shown in a message: in one line, and short."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of about {round(value.bit_length() * math.log10(2))} digits"
    if isinstance(value, list | tuple | Mapping):
        return f"a {type(value).__name__} of {len(value)} values"
    text_of = repr(value)
    return text_of if len(text_of) <= _SHOWN else f"{text_of[:_SHOWN]}..."
