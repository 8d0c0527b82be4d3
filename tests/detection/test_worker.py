import dataclasses
from pathlib import Path

import pytest

from abnormal.detection import worker
from abnormal.detection.options import DetectionOptions
from abnormal.models.trust import is_trusted, trusting


@pytest.mark.parametrize("trust", [False, True])
def test_a_worker_trusts_the_files_that_the_user_trusts(trust, tmp_path, monkeypatch):
    path = tmp_path / "own.keras"
    path.write_bytes(b"model")
    options = DetectionOptions((path,), Path(), None, "", tmp_path, "fused", None, None)
    with trusting(trust):
        models = worker.model_files(["own"], options)
    monkeypatch.setattr(
        "abnormal.inference.detector.open_detector", lambda *_: is_trusted(), raising=True
    )
    assert worker._open_detectors.__wrapped__(models) == {"own": trust}
    assert dataclasses.replace(models, trust=not trust) != models  # which are opened anew
