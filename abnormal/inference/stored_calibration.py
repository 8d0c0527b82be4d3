"""Reads the calibration of a model that was loaded from a file, and changes that in the file."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.files import locked_file
from abnormal.models.model import ModelInfo, Reference, TrainedModel
from abnormal.models.model_file import change_model, read_model
from abnormal.models.trust import trusting
from abnormal.scoring.calibration import Calibration, read_calibration
from abnormal.scoring.calibration_check import check_calibration


def calibration_of(model: TrainedModel) -> Calibration:
    """Reads what a model learnt about its scores from normal footage.

    Raises:
        AbnormalError: A value of the calibration is not what a calibration can give.
    """
    info = model.info
    try:
        check_calibration(info.calibration, model.arrays, info.clip_length, info.size)
        return read_calibration(info.calibration, model.arrays)
    except (ValueError, KeyError) as error:
        raise AbnormalError(
            f"The calibration of {model.path} cannot be used: {error}. Restore the file from a "
            f"copy, or train the model again with `{command('train')}`."
        ) from None


def read_info_and_calibration(path: Path) -> tuple[ModelInfo, Calibration]:
    """Reads the facts about a model and its calibration from its file, without its network.

    Raises:
        AbnormalError: The file cannot be read, or a value is not what a calibration can give.
    """
    with trusting(True):  # no network is made of the file, so that no code is run
        model = read_model(path)
    return model.info, calibration_of(model)


def change_calibration(
    path: Path,
    change: Callable[[Calibration], Calibration],
    reference: Reference | None = None,
    facts: Mapping[str, Any] = MappingProxyType({}),
    network: str | None = None,
) -> Calibration:
    """Changes the calibration in a model file, and leaves the network as it is.

    What another program has written there in the meantime is not lost: the file is read again, and
    locked until it is replaced.

    Args:
        path: The model file.
        change: Is given the calibration that the file has, and returns the new one. If it raises,
            the file stays as it is.
        reference: The reference clips with new scores; None to keep those of the file.
        facts: Attributes of the model's `ModelInfo` that change, too.
        network: Hash of the network that the change was measured with, `LazyNetwork.digest`; None
            if it was measured with none.

    Returns:
        The new calibration.

    Raises:
        AbnormalError: The file cannot be read or written, or has another network by now.
    """
    # No network is made of the file, so that no code is run.
    with locked_file(path), trusting(True):
        model = read_model(path)
        if network not in (None, model.lazy_network.digest):
            raise AbnormalError(
                f"{path} has another network now, which nothing was measured with. Start again."
            )
        calibration = change(calibration_of(model))
        info = dataclasses.replace(model.info, calibration=calibration.as_dict(), **facts)
        change_model(model, info, reference, calibration.arrays)
    return calibration
