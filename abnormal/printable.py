"""Makes names harmless that come from the disk or the network before they are shown or written."""

import hashlib
import unicodedata

_HIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that act on a terminal or cannot be written: control characters,
surrogates, line and paragraph separators."""

_DIRECTION_MARKS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of writing, by which a name can look like another one."""


_FORMULA_BEGINNINGS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
"""Beginnings of a cell that a spreadsheet takes for a formula; the last four are full-width."""


_LONGEST_NAME_BYTES = 150
"""File systems allow 255 bytes, and names of unfinished files also have the process and host."""


def printable(text: str) -> str:
    """Returns a text that a terminal shows as it is, and that can be written as UTF-8.

    File names may contain line breaks, escape sequences, marks that turn the direction of writing,
    and bytes that are no UTF-8, which Python keeps as surrogates. They are written like `%1B`.
    """
    if text.isprintable():
        return text
    return "".join(char if _is_shown(char) else _escape(char) for char in text)


def _is_shown(char: str) -> bool:
    return unicodedata.category(char) not in _HIDDEN_CATEGORIES and char not in _DIRECTION_MARKS


def _escape(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogateescape"))


def as_file_name(text: str) -> str:
    """Returns a printable name that is short enough for a file, also with an ending or a mark.

    Args:
        text: A name without folders. Escapes may make it longer than the file system allows.
    """
    name = printable(text)
    data = name.encode()
    if len(data) <= _LONGEST_NAME_BYTES:
        return name
    kept = data[: _LONGEST_NAME_BYTES - 9].decode(errors="ignore")
    return f"{kept}~{hashlib.sha256(data).hexdigest()[:8]}"


def spreadsheet_safe(text: str) -> str:
    """Returns a text that a spreadsheet does not take for a formula.

    A formula in a file name, such as `=cmd|...`, could start programs when a table is opened. A
    leading apostrophe makes it a text (OWASP, "CSV Injection").
    """
    return f"'{text}" if text.startswith(_FORMULA_BEGINNINGS) else text


def without_spreadsheet_mark(text: str) -> str:
    """Returns the text of which `spreadsheet_safe` made another one, or the same text."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA_BEGINNINGS) else text
