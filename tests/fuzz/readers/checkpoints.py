"""Checkpoints of a training run."""

import math
import random
from pathlib import Path

import numpy as np

from abnormal.files import sha256
from abnormal.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from tests.fuzz.mutations import damage, damage_json


def make_checkpoint(folder: Path) -> list[Path]:
    arrays = {"network.0000": np.arange(20, dtype=np.float32), "metric.0000": np.zeros(())}
    state = {
        "options": {"seed": 0, "batch_size": 4},
        **{"data": "ab", "backend": "tensorflow", "epoch_loss": None, "running_loss": 0.25},
        "history": [{"epoch": 1, "loss": 0.5, "val_loss": 0.75}],
        "stopping": {"best_loss": 0.75, "best_epoch": 0, "waited": 0},
    }
    path = save_checkpoint(folder, Checkpoint(1, 2, state, arrays), keep=1)
    return [path / "arrays.npz", path / "state.json", path / "SHA256SUMS"]


def damage_checkpoint(content: bytes, rng: random.Random) -> bytes:
    return (damage_json if content.startswith(b"{") else damage)(content, rng)


def read_checkpoint(path: Path) -> None:
    folder = path.parent
    try:
        found = load_checkpoint(folder)
    except ValueError:
        if path.name == "SHA256SUMS":
            raise
        sums = folder / "SHA256SUMS"  # now with right checksums, as only intent can give them
        before = sums.read_bytes()
        names = ("state.json", "arrays.npz")
        sums.write_text("".join(f"{sha256(folder / name)}  {name}\n" for name in names))
        try:
            look_at_checkpoint(load_checkpoint(folder))
        finally:
            sums.write_bytes(before)
        return
    look_at_checkpoint(found)


def look_at_checkpoint(found: Checkpoint) -> None:
    assert (found.epoch, found.batch) == (1, 2)
    assert all(array.dtype.kind in "biuf" for array in found.arrays.values())
    loss = found.state.get("running_loss")
    assert loss is None or math.isfinite(loss)
