#!/bin/sh
# Tries an installed package outside its checkout: draws a little footage, trains, tests.
#
#     sh deploy/try_package.sh BIN      BIN is the folder of the installed programs
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/abnormal-test" --version
"$bin/python" - "$work" <<'PYTHON'
import sys
from pathlib import Path

from abnormal.datasets.demo import find_demo
from abnormal.datasets.extract import extract_all
from abnormal.frames.manifest import write_manifest

img = Path(sys.argv[1]) / "img"
for extraction in extract_all(find_demo(3, clip_frames=40), img, 35, None, 2):
    assert not extraction.problem, extraction
write_manifest(img)
PYTHON
"$bin/abnormal-train" --img "$work/img" --output "$work/model.h5" --size 35 --epochs 1
"$bin/abnormal-test" --img "$work/img" --model "$work/model.h5" --output "$work/results"
test -s "$work/results/report.html"
