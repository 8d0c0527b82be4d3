"""What docs/MODELS.md says of the networks is what they are."""

from pathlib import Path

import pytest

from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.networks import NETWORKS

PAGE = (Path(__file__).parents[2] / "docs" / "MODELS.md").read_text("utf-8")


def rows_of(section, header):
    """The cells of the rows of a section's table that begins with this header."""
    table = section[section.index(f"| {header} |") :].split("\n\n")[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section_of(arch):
    return next(part for part in PAGE.split("\n## ") if f"`{arch}`" in part.splitlines()[0])


@pytest.mark.parametrize("arch", NETWORKS)
def test_the_tables(arch):
    defaults = ARCHITECTURES[arch]
    network = NETWORKS[arch](defaults.clip_length, defaults.size)
    layers = [
        [layer.name, " x ".join(map(str, layer.output.shape[1:])), f"{layer.count_params():,}"]
        for layer in network.layers
    ]
    described = [
        [name, output, count] for name, _, output, count in rows_of(section_of(arch), "layer")
    ]
    assert layers == described
    summary = {row[0].strip("`"): row[1:4] for row in rows_of(PAGE, "`--arch`")}
    shape = [str(defaults.clip_length), str(defaults.size), f"{network.count_params():,}"]
    assert summary[arch] == shape
