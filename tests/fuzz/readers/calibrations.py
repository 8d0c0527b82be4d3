"""What is normal: calibrations, learnt regimes, and the cells of events."""

import dataclasses
import io
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np

from abnormal import checks
from abnormal.inference.event_cells import EventCells, read_event_cells, write_event_cells
from abnormal.reading import parse_json
from abnormal.scoring.calibration import Calibration, read_calibration
from abnormal.scoring.calibration_check import check_calibration
from abnormal.scoring.dismissal import Dismissal
from abnormal.scoring.false_alarms import COUNTED_SURPRISES, FalseAlarms
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import Normality
from abnormal.scoring.rate_check import RateCheck
from abnormal.scoring.surprise import learn_surprise
from tests.fuzz.mutations import damage
from tests.fuzz.target import SIZE


def intact_calibration() -> Calibration:
    surprise = learn_surprise(np.random.default_rng(0).random(500))
    levels = np.full((2, 2), 0.5, np.float32)
    calibration = Calibration(
        surprises={"gradient": surprise, "l2": surprise},
        false_alarms={"fused": FalseAlarms(0.5, tuple(range(len(COUNTED_SURPRISES)))[::-1])},
        cameras={"gate": Normality({"motion": levels}, {"motion": surprise})},
        frames=500,
        videos=("a", "b"),
        held_out=True,
        dismissed=(
            Dismissal({"video": "a", "camera": "gate", "first_frame": 1, "last_frame": 2}),
            Dismissal({"event": "b:1", "camera": "gate"}, {"motion": 2 * levels}),
        ),
        positions={"l2": (1.1, 0.9)},
        rate_check=RateCheck(0.01, 0.0, 0.02, 3, 0.5),
    )
    return dataclasses.replace(calibration, pools=calibration.all_pools * 2)


def make_calibration(folder: Path) -> list[Path]:
    (folder / "calibration.json").write_text(json.dumps(intact_calibration().as_dict()))
    return [folder / "calibration.json"]


def look_at_calibration(path: Path) -> None:
    stored = checks.mapping("calibration", parse_json(path.read_bytes()))
    checks.mapping("cameras", stored.get("cameras", {}))
    levels = intact_calibration().arrays
    levels = dict.fromkeys(stored.get("cameras", {}), levels["gate"])
    check_calibration(stored, levels, clip_length=2, size=SIZE)
    calibration = read_calibration(stored, levels)
    for rate_check in filter(None, (pool.rate_check for pool in calibration.pools)):
        assert 0 <= rate_check.events_per_hour.low <= rate_check.events_per_hour.high
    for name in (*calibration.surprises, *calibration.false_alarms):
        for per_hour in (None, 1.0):
            if per_hour and name not in calibration.false_alarms:
                continue
            if per_hour is None and name not in calibration.surprises and name != "fused":
                continue
            assert np.isfinite(calibration.alarm(name, per_hour=per_hour).threshold)


def make_regime(folder: Path) -> list[Path]:
    info = small_model()
    from abnormal.live.regime_file import (
        CAMERA,
        calibration_of_regime,
        regime_path,
        write_regime,
    )

    levels = {name: np.full((2, 2), 1.0, np.float32) for name in LOCAL_SCORES}
    surprises = dict.fromkeys(LOCAL_SCORES, learn_surprise(np.arange(50.0)))
    normality = Normality(levels, surprises, np.zeros((SIZE, SIZE), np.uint8), 0.25)
    dismissal = Dismissal({"event": "e", "camera": CAMERA}, levels)
    regime = calibration_of_regime(normality).with_dismissed([dismissal])
    write_regime(regime_path(folder, "gate", 1), regime, info)
    return [regime_path(folder, "gate", 1)]


def small_model() -> Any:
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.models.model import ModelInfo

    return ModelInfo("cae", 1, SIZE, 25.0)


def look_at_regime(path: Path) -> None:
    from abnormal.live.regime_file import CAMERA, read_regime

    regime = read_regime(path, small_model())
    assert all(isinstance(dismissal.event, str) for dismissal in regime.dismissed)
    normality = regime.cameras[CAMERA]
    for level in normality.levels.values():
        assert level.shape == (2, 2)
        assert (level > 0).all()
    for surprise in normality.surprises.values():
        assert np.isfinite(surprise.of(np.linspace(0, 1e4, 50))).all()


def make_event_cells(folder: Path) -> list[Path]:
    path = folder / "gate-1-anomaly.npz"
    largest = {"motion": np.ones((2, 2)), "stay": np.eye(2)}
    write_event_cells(path, EventCells("gate", "fused", 1.3, largest))
    return [path]


def damage_arrays(content: bytes, rng: random.Random) -> bytes:
    """Damages the bytes of a file, or makes an intact one of other arrays."""
    if rng.random() < 0.5:
        return damage(content, rng)
    with np.load(io.BytesIO(content)) as stored:
        arrays = dict(stored)
    name = rng.choice(list(arrays))
    value = rng.choice((np.nan, np.inf, -1, 0, 1e30, 255))
    dtype = rng.choice((np.float32, np.float64, np.uint8, bool, complex))
    shape = rng.choice(((), (0,), (2,), (2, 2), (1, 2, 2)))
    with np.errstate(all="ignore"):
        arrays[name] = np.full(shape, value).astype(dtype)
    if rng.random() < 0.2:
        del arrays[name]
    changed = io.BytesIO()
    np.savez(changed, **arrays)
    return changed.getvalue()


def look_at_event_cells(path: Path) -> None:
    event = read_event_cells(path)
    assert math.isfinite(event.release)
    assert event.largest
    for cells in event.largest.values():
        assert cells.ndim == 2
        assert np.isfinite(cells).all()
        assert (cells >= 0).all()
