"""Reads text files as the programs write them in which people make labels."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
"""Byte order marks at the beginning of a file, and the encodings that they stand for."""


def read_text(path: Path) -> str:
    """Reads a text in UTF-8 or UTF-16, with or without a byte order mark.

    Raises:
        OSError: The file cannot be read.
        UnicodeDecodeError: It has another encoding.
    """
    data = path.read_bytes()
    return data.decode(_encoding_of(data))


def _encoding_of(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data[:2]:  # a Latin letter in two bytes, one of which is 0
        return "utf-16-be" if data[0] == 0 else "utf-16-le"
    return "utf-8"


def read_rows(lines: Sequence[str], delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yields the number of the line and the cells of each row in which not all are blank.

    Raises:
        ValueError: A cell never ends, for instance because a quote is missing.
    """
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield reader.line_num, cells
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None


def is_number(text: str) -> bool:
    """Tells whether a text is a number, among them `nan` and `inf`."""
    try:
        float(text)
    except ValueError:
        return False
    return True
