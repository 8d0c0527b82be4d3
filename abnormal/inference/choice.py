"""The choice of the runtime that computes a model's network."""

from abnormal.errors import AbnormalError
from abnormal.inference.reference import TOLERANCE, largest_difference, make_reference
from abnormal.inference.runtimes import AUTO, KERAS, RUNTIMES, Reconstruct
from abnormal.inference.stored_calibration import calibration_of
from abnormal.models.backend import has_accelerator
from abnormal.models.model import Reference, TrainedModel


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
    # Code outside the model file may be other code by now.
    if model.reference and (name != KERAS or model.info.needs):
        _require_scores(model, model.reference, reconstruct, name)
    return reconstruct


def _require_scores(
    model: TrainedModel, reference: Reference, reconstruct: Reconstruct, name: str
) -> None:
    calibration = calibration_of(model)
    thresholds = {score: calibration.threshold(score) for score in calibration.surprises}
    if not thresholds:
        return  # without thresholds there is nothing that could change its meaning
    difference = largest_difference(reference, reconstruct, thresholds)
    if difference <= TOLERANCE:
        return
    advice = "Use --runtime keras."
    if name == KERAS:
        again = make_reference(reference.clips, reconstruct)
        if largest_difference(again, reconstruct, thresholds) > TOLERANCE:
            return  # it computes something else each time
        code = ", ".join(dict.fromkeys(model.info.needs.values()))
        advice = f"If {code} has changed, calibrate the model again, or bring back what it was."
    raise AbnormalError(
        f"--runtime {name} gives other scores than those that the thresholds of {model.path} were "
        f"made with: they differ by {100 * difference:.2g} % of a threshold, and at most "
        f"{100 * TOLERANCE:g} % was expected. {advice}"
    )
