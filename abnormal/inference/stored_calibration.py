"""Reads the calibration of a model that was loaded from a file."""

from abnormal.commands import command
from abnormal.errors import AbnormalError
from abnormal.models.model_file import TrainedModel
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
