"""How the tests of detection score videos, and compare folders of results."""

import re

import numpy as np

from abnormal.cli import test

SIZE, LENGTH, FRAMES = 99, 4, 40
VIDEOS = ["cart/03", "cyclist/02", "normal/06", "runner/01"]


def score(work, output, *options):
    """Runs the program in this process, with a threshold that some events are above."""
    arguments = ["--model", work / "model.h5", "--img", work / "img", "--output", output]
    fixed = ["--runtime", "keras", "--threshold", "0.3"]
    return test.main([*map(str, arguments), *fixed, *map(str, options)])


def assert_same(found, expected, decoded):
    """All files are the same, byte for byte; the encoder alone does not repeat itself."""

    def names(folder):
        return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())

    assert names(found) == names(expected)
    for name in names(expected):
        if name.suffix == ".mp4":
            assert_alike(decoded(found / name)[1], decoded(expected / name)[1])
        else:
            written = [(folder / name).read_bytes() for folder in (found, expected)]
            if name.name == "report.html":
                written = [re.sub(rb"\d{4}-\d\d-\d\d \d\d:\d\d", b"", page) for page in written]
            assert written[0] == written[1], name


def assert_alike(found, expected):
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert np.abs(ours.astype(int) - theirs).mean() < 3
