"""What becomes of a result that is kept in a file."""

import json

import numpy as np
import pytest

from abnormal.detection.packing import pack, unpack
from abnormal.detection.video_result import ModelOutput, VideoResult
from abnormal.evaluation.pixel_level import VideoPixels
from abnormal.frames.gaps import Gap
from abnormal.inference.scored_video import ScoredVideo
from abnormal.scoring.localisation import Localiser

SCORES = {"fused": np.arange(3.0)}
GAPS = (Gap(2, 1.5),)
RESULT = VideoResult(
    {
        "m": ModelOutput(
            ScoredVideo("v", 5.0, SCORES, SCORES, gaps=GAPS), VideoPixels(Localiser()), ""
        )
    },
    ("a note",),
    None,
)


def test_a_result_is_read_as_it_was_kept():
    read = unpack(pack(RESULT))
    assert read.notes == RESULT.notes
    output = read.outputs["m"]
    assert output.video.gaps == GAPS
    assert output.video.causal["fused"].tolist() == [0, 1, 2]
    assert output.pixels.localiser == Localiser()
    assert not output.pixels.counts.any()


@pytest.mark.parametrize("kind", ["VideoResult", "ModelOutput", "ScoredVideo", "Gap", "Localiser"])
@pytest.mark.parametrize("change", ["a field is missing", "a field is new"])
def test_a_result_of_other_code_is_refused(kind, change):
    """Otherwise the program would meet it much later, as a bug, in each of its runs."""
    arrays = pack(RESULT)
    tree = json.loads(arrays["tree"].tobytes())
    (_, fields) = _find(tree, kind)[1]
    if change == "a field is new":
        fields["of_the_future"] = 1
    else:
        fields.popitem()
    arrays["tree"] = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    with pytest.raises(ValueError, match=f"a {kind} has other fields"):
        unpack(arrays)


def _find(tree, kind):
    """The object of a kind in what `pack` made of a value."""
    if isinstance(tree, list) and tree[:1] == [kind]:
        return tree
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return next(filter(None, (_find(part, kind) for part in parts)), None)
