"""The choice of the runtime that computes a model's network."""

from abnormal.errors import AbnormalError
from abnormal.inference.reference import TOLERANCE, largest_difference
from abnormal.inference.runtimes import AUTO, KERAS, RUNTIMES, Reconstruct
from abnormal.inference.stored_calibration import calibration_of
from abnormal.models.backend import has_accelerator
from abnormal.models.model import TrainedModel


def open_runtime(model: TrainedModel, wanted: str) -> tuple[str, Reconstruct]:
    """Opens a model's network on a runtime.

    Models are calibrated with Keras. Another runtime is used only if it gives the reference clips
    in the model file the scores that Keras gave them.

    Args:
        model: The model.
        wanted: A name in `RUNTIMES`, or `"auto"` for the fastest runtime that is installed and
            agrees with Keras.

    Returns:
        The runtime's name, and the network on it.

    Raises:
        AbnormalError: The runtime that was asked for is not installed, or does not agree with
            Keras.
    """
    if wanted != AUTO:
        return wanted, _open(model, wanted)
    # What other libraries make of the layers of a network of one's own is not known.
    if model.reference and not model.info.is_own and not has_accelerator():
        for name in RUNTIMES:
            try:
                return name, _open(model, name)
            except AbnormalError:
                continue  # not installed, or it does not agree with Keras: try the next one
    return KERAS, _open(model, KERAS)


def _open(model: TrainedModel, name: str) -> Reconstruct:
    reconstruct = RUNTIMES[name](model.lazy_network)
    if name != KERAS and model.reference:
        calibration = calibration_of(model)
        thresholds = {name: calibration.threshold(name) for name in calibration.surprises}
        if not thresholds:
            return reconstruct  # without thresholds there is nothing that could change its meaning
        difference = largest_difference(model.reference, reconstruct, thresholds)
        if difference > TOLERANCE:
            raise AbnormalError(
                f"--runtime {name} gives other scores than those that the thresholds of "
                f"{model.path} were made with: they differ by {100 * difference:.2g} % of a "
                f"threshold, and at most {100 * TOLERANCE:g} % was expected. Use --runtime keras."
            )
    return reconstruct
