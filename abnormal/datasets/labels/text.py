"""Reads text files as the programs write them in which people make labels."""

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


def is_number(text: str) -> bool:
    """Tells whether a text is a number, among them `nan` and `inf`."""
    try:
        float(text)
    except ValueError:
        return False
    return True
