"""Damages files: at random, where numbers and sizes stand, or in the values of a JSON text."""

import copy
import json
import random
import re

EXTREMES = (
    b"",
    b"-1",
    b"0",
    b"-0.0",
    b"nan",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b"4294967296",
    b"18446744073709551616",
    b"9" * 5000,
    b"../../x",
    b"/dev/zero",
    b"\x00",
    b"\xff\xfe",
    "\u0661\u00b2".encode(),
)
VALUES = (
    *(None, True, False, -1, 0, 2**33, 2**64, 10**4000, -1.5, 1e300, 5e-324),
    *(float("nan"), float("inf"), float("-inf")),
    *("", "../../x", "/x", "a/../../b", "x\x00y", "\ud800", "x" * 300, "nan"),
    *([], [None], [[]] * 3, {}, {"": {}}, [1, 2, 3], ["a"] * 20),
)


def damage(content: bytes, rng: random.Random) -> bytes:
    """Changes a file in one to four places."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = rng.choice(_DAMAGES)(content, rng)
    return content


def damage_json(content: bytes, rng: random.Random) -> bytes:
    """Replaces, removes or doubles values of a JSON text; now and then it is no longer one."""
    if rng.random() < 0.2:
        return damage(content, rng)
    tree = [json.loads(content)]
    for _ in range(rng.choice((1, 1, 2))):
        parent, key = rng.choice(list(_places(tree)))
        if rng.random() < 0.15 and isinstance(parent, dict):
            del parent[key]
            break
        parent[key] = copy.deepcopy(rng.choice(VALUES))  # it may be changed in its turn
    text = "9" * 5000 if rng.random() < 0.02 else _dumps(tree[0])
    return b"[" * 100_000 if rng.random() < 0.01 else text.encode("utf-8", "surrogatepass")


def _dumps(tree):
    """Writes JSON with numbers of any length, which `json` refuses to convert."""
    text = json.dumps(_with_marks(tree))
    return text.replace(f'"{_LONG}"', "1" + "0" * 4999)


_LONG = "a number of 5,000 digits"


def _with_marks(tree):
    if isinstance(tree, dict):
        return {key: _with_marks(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with_marks(value) for value in tree]
    return _LONG if type(tree) is int and tree == 10**4000 else tree


def _places(tree):
    for key, value in enumerate(tree) if isinstance(tree, list) else tree.items():
        yield tree, key
        if isinstance(value, list | dict):
            yield from _places(value)


def _flip(content, rng):
    changed = bytearray(content or b"\x00")
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(content, rng):
    """Writes a number of 1, 2, 4 or 8 bytes, as sizes and counts are stored."""
    width = rng.choice((1, 2, 4, 8))
    value = rng.choice(
        (0, 1, 2 ** (8 * width) - 1, 2 ** (8 * width - 1), rng.getrandbits(8 * width))
    )
    place = rng.randrange(max(1, len(content) - width))
    return content[:place] + value.to_bytes(width, "little") + content[place + width :]


def _cut(content, rng):
    return content[: rng.randrange(len(content) + 1)]


def _remove(content, rng):
    first = rng.randrange(len(content) + 1)
    return content[:first] + content[first + rng.choice((1, 2, 4, 100)) :]


def _double(content, rng):
    first = rng.randrange(len(content) + 1)
    return content[: first + rng.choice((1, 16, 500))] + content[first:]


def _insert(content, rng):
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice((rng.randbytes(8), *EXTREMES)) + content[place:]


def _replace_number(content, rng):
    found = list(re.finditer(rb"-?\d+(\.\d+)?", content))
    if not found:
        return _flip(content, rng)
    match = rng.choice(found)
    return content[: match.start()] + rng.choice(EXTREMES) + content[match.end() :]


def _swap_lines(content, rng):
    lines = content.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


_DAMAGES = (
    *(_flip, _flip, _overwrite, _overwrite, _cut, _remove, _double, _insert),
    *(_replace_number, _replace_number, _swap_lines),
)
