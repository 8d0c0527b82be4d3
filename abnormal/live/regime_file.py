"""The files of regimes that were learnt while a camera was watched.

regimes/
  CAMERA-N.npz          the regime that was learnt as the N-th of the camera
    model               digest of what is in the model file but its calibration
    background, correction
    SCORE.level         for each local score, the normal level of each cell
    SCORE.values, SCORE.surprises, SCORE.tail
                        for each local score, the distribution of its surprises
    dismissed           JSON of the events that were dismissed as false alarms, if there are any
    SCORE.raised        for each local score, what each of these asks for; see `stack_levels`
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from abnormal import checks
from abnormal.arrays import read_npz
from abnormal.errors import AbnormalError
from abnormal.files import locked_folder, make_folder
from abnormal.models.model import ModelInfo
from abnormal.printable import as_file_name
from abnormal.reading import parse_json
from abnormal.replacing import replacing
from abnormal.scoring.calibration import Calibration, read_calibration
from abnormal.scoring.calibration_check import check_calibration
from abnormal.scoring.dismissal import RAISED
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.normality import BACKGROUND, Normality

MOST_REGIMES = 8
"""So many regimes of a camera are learnt at most while it is watched."""

MOST_BYTES = 1 << 24
"""Largest file that is read, in bytes."""

CORRECTION, MODEL, DISMISSED = "correction", "model", "dismissed"

CAMERA = ""
"""Name of the only camera in the calibration of a regime."""


def model_digest(info: ModelInfo) -> np.ndarray:
    """Returns 32 bytes that another model does not have, whatever it was calibrated on."""
    facts = repr(dataclasses.replace(info, calibration={}))
    return np.frombuffer(hashlib.sha256(facts.encode()).digest(), np.uint8)


def regime_path(folder: Path, camera: str, number: int) -> Path:
    """Returns where the regime that was learnt as the N-th of a camera is kept, from 1 on."""
    return folder / "regimes" / f"{as_file_name(camera)}-{number}.npz"


def calibration_of_regime(normality: Normality) -> Calibration:
    """Returns the calibration of a regime in which no event was dismissed."""
    return Calibration({}, {}, {CAMERA: normality}, normality.frames, (), held_out=False)


def background_of(regime: Calibration) -> np.ndarray:
    """Returns what a regime shows when nobody is there, `(size, size)` uint8."""
    background = regime.cameras[CAMERA].background
    assert background is not None  # nothing is learnt without one
    return background


def digest_of(regime: Calibration) -> str:
    """Returns eight hexadecimal digits that tell a regime from those that were learnt later."""
    return _digest_of_background(background_of(regime))


def write_regime(path: Path, regime: Calibration, info: ModelInfo) -> None:
    """Writes what is normal in a regime.

    Args:
        path: The file; it is replaced if it is there.
        regime: The calibration of the regime, which is that of a camera called `CAMERA`.
        info: Facts about the model that it was learnt with.

    Raises:
        AbnormalError: The file cannot be written.
    """
    make_folder(path.parent)
    normality, kept = regime.cameras[CAMERA], regime.arrays[CAMERA]
    arrays: dict[str, Any] = {
        MODEL: model_digest(info),
        CORRECTION: np.float64(normality.correction),
        BACKGROUND: normality.background,
    }
    for name, surprise in normality.surprises.items():
        arrays |= {
            f"{name}.level": kept[name],
            f"{name}.values": np.array(surprise.values),
            f"{name}.surprises": np.array(surprise.surprises),
            f"{name}.tail": np.array([surprise.scale, surprise.exceedances, surprise.frames]),
        }
        if RAISED + name in kept:
            arrays[f"{name}.raised"] = kept[RAISED + name]
    if regime.dismissed:
        entries = json.dumps(regime.as_dict()[DISMISSED])
        arrays[DISMISSED] = np.frombuffer(entries.encode(), np.uint8)
    with replacing(path) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def change_regime(
    path: Path, info: ModelInfo, change: Callable[[Calibration], Calibration]
) -> Calibration:
    """Changes the calibration in the file of a regime.

    What another program has written there in the meantime is not lost: the file is read again, and
    locked until it is replaced.

    Args:
        path: The file.
        info: Facts about the model that it was learnt with.
        change: Is given the calibration that the file has, and returns the new one. If it raises,
            the file stays as it is.

    Returns:
        The new calibration.

    Raises:
        AbnormalError: The file cannot be read or written, or the regime was learnt with another
            model.
    """
    with locked_folder(path.parent):
        try:
            known = read_regime(path, info)
        except (OSError, AbnormalError) as error:
            raise AbnormalError(
                f"{path} cannot be changed ({error}). What it was learnt from is learnt again when "
                "the file is deleted."
            ) from None
        regime = change(known)
        write_regime(path, regime, info)
    return regime


def read_regime(path: Path, info: ModelInfo) -> Calibration:
    """Reads what is normal in a regime.

    Args:
        path: The file.
        info: Facts about the model.

    Returns:
        The calibration of the regime, which is that of a camera called `CAMERA`.

    Raises:
        OSError: The file cannot be read.
        AbnormalError: It is damaged, or was learnt with another model.
    """
    try:
        return _read(path, info)
    except KeyError as error:
        raise AbnormalError(f"{error} is missing in it") from None
    except ValueError as error:
        raise AbnormalError(str(error)) from None


def has_regime_of_another_model(path: Path, digest: str, info: ModelInfo) -> bool:
    """Whether a file has a regime that was learnt with another model.

    Args:
        path: The file, which may be missing or damaged.
        digest: The digits of the regime; see `digest_of`.
        info: Facts about the model that is not the other one.
    """
    try:
        arrays = _read_arrays(path)
        is_other = not np.array_equal(arrays[MODEL], model_digest(info))
        return is_other and _digest_of_background(arrays[BACKGROUND]) == digest
    except (OSError, ValueError, KeyError, AbnormalError):
        return False


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    checks.whole("its size", path.stat().st_size, 1, MOST_BYTES)
    return read_npz(path)


def _read(path: Path, info: ModelInfo) -> Calibration:
    arrays = _read_arrays(path)
    if not np.array_equal(arrays[MODEL], model_digest(info)):
        raise ValueError("it was learnt with another model")
    surprises = {}
    for name in LOCAL_SCORES:
        tail = arrays[f"{name}.tail"].tolist()
        scale, exceedances, frames = checks.numbers(f"{name}.tail", tail, 0, 1e12, 3, 3)
        surprises[name] = {
            "values": arrays[f"{name}.values"].tolist(),
            "surprises": arrays[f"{name}.surprises"].tolist(),
            "scale": scale,
            "exceedances": exceedances,
            "frames": int(frames),
        }
    levels = {name: arrays[f"{name}.level"] for name in LOCAL_SCORES}
    raised = {
        RAISED + name: arrays[f"{name}.raised"]
        for name in LOCAL_SCORES
        if f"{name}.raised" in arrays
    }
    kept = {CAMERA: levels | raised | {BACKGROUND: arrays[BACKGROUND]}}
    stored = {
        "cameras": {CAMERA: surprises},
        "corrections": {CAMERA: arrays[CORRECTION].tolist()},
        DISMISSED: parse_json(arrays[DISMISSED].tobytes()) if DISMISSED in arrays else [],
    }
    check_calibration(stored, kept, info.clip_length, info.size)
    return read_calibration(stored, kept)


def _digest_of_background(background: np.ndarray) -> str:
    return hashlib.sha256(background.tobytes()).hexdigest()[:8]
