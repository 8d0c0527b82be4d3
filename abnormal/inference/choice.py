"""Which runtime computes a model."""

from abnormal.errors import AbnormalError
from abnormal.inference.reference import TOLERANCE, largest_difference
from abnormal.inference.runtimes import AUTO, KERAS, RUNTIMES, Reconstruct
from abnormal.models.backend import has_accelerator
from abnormal.models.model_file import TrainedModel
from abnormal.scoring.calibration import read_calibration


def open_runtime(model: TrainedModel, wanted: str) -> tuple[str, Reconstruct]:
    """Opens a model's network on a runtime.

    Thresholds were made with Keras. Another runtime is used only where the clips that the model
    file keeps get the scores from it that they had then.

    Args:
        model: The model.
        wanted: A name in `RUNTIMES`, or `"auto"` for the fastest that is there and agrees.

    Returns:
        The runtime's name, and the network on it.

    Raises:
        AbnormalError: The runtime that was asked for is not there, or does not agree.
    """
    if wanted != AUTO:
        return wanted, _open(model, wanted)
    if model.reference and not has_accelerator():
        for name in RUNTIMES:
            try:
                return name, _open(model, name)
            except AbnormalError:
                continue  # not installed, or it does not agree: the next one
    return KERAS, _open(model, KERAS)


def _open(model: TrainedModel, name: str) -> Reconstruct:
    reconstruct = RUNTIMES[name](model.network)
    if name != KERAS and model.reference:
        calibration = read_calibration(model.info.calibration, model.levels)
        thresholds = {name: calibration.threshold(name) for name in calibration.surprises}
        if not thresholds:
            return reconstruct  # without thresholds none can mean something else
        difference = largest_difference(model.reference, reconstruct, thresholds)
        if difference > TOLERANCE:
            raise AbnormalError(
                f"--runtime {name} gives other scores than those that the thresholds of "
                f"{model.path} were made with: they differ by {100 * difference:.2g} % of a "
                f"threshold, and at most {100 * TOLERANCE:g} % was expected. Use --runtime keras."
            )
    return reconstruct
