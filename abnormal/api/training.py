"""From frames to a calibrated model: `abnormal.train` and `abnormal.calibrate`."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Unpack

    import keras

    from abnormal.inference.detector import Detector
    from abnormal.training.choices import TrainingChoices
    from abnormal.training.options import TrainingOptions


def train(
    img: str | Path = "img",
    output: str | Path = "model.h5",
    network: "str | keras.Model | Callable[[int, int], keras.Model] | None" = None,
    loss: "str | Callable[[Any, Any], Any]" = "mse",
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
    trust: bool = False,
    **choices: "Unpack[TrainingChoices]",
) -> "Detector":
    """Trains a network on the normal frames under `img/`, calibrates it and writes its model file.

    A run that was stopped or killed goes on from its newest checkpoint when the same call is made
    again, and gives the same result, bit for bit on a processor, as one that was not. One that is
    finished is left alone, with all that the model has learnt since, until there are more `epochs`
    or `restart=True`.

    Args:
        img: Folder of the frames that `preprocess` made.
        output: Path of the model file to write, which ends in `.h5` or `.keras`.
        network: Name of one of the four networks; or a network of one's own, or the function
            `(clip_length, size)` that builds one. It takes and returns
            `(batch, T, size, size, 1)` float32 in [0, 1], and is trained on one device. None stands
            for the network of the model in `init`, or for `spatiotemporal`.
        loss: Name of a loss, or a function of the clips and their reconstructions.
        callbacks: Keras callbacks. The run is one `fit` to them, with the validation loss in the
            logs of each epoch. Those that end it early by `stop_training` are obeyed.
        trust: Whether code that the model file in `init` needs may be run; see `load`.
        **choices: `epochs`, `batch_size`, `learning_rate`, `strides`, `seed`, `restart`, `tune`
            and others; see `abnormal.training.choices.TrainingChoices`.

    Returns:
        The model, for the other functions of this package. `model.info.history` has the losses.

    Raises:
        AbnormalError: There is nothing to train on, there is no such choice, or the network does
            not reproduce clips or cannot be stored.
        Stopped: SIGTERM or Ctrl-C asked the run to stop; a checkpoint has been written.
    """
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.inference.detector import open_detector
    from abnormal.models.trust import trusting
    from abnormal.training.own_parts import own_options

    output = Path(output)
    with trusting(trust):
        has_run = _run(own_options((Path(img), output), network, loss, callbacks, choices))
    with trusting(trust or has_run):  # the file needs what the run has used
        return open_detector(output, output.stem, "auto")


def _run(options: "TrainingOptions") -> bool:
    """Trains, and returns whether there was anything to do."""
    from abnormal.training.distribute import open_devices
    from abnormal.training.finished import is_finished
    from abnormal.training.options import HostAddresses
    from abnormal.training.run import train

    if is_finished(options):
        return False
    with open_devices("auto", HostAddresses()) as devices:
        train(options, devices)
    return True


def calibrate(
    model: "str | Path | Detector", footage: str | Path, camera: str = "", trust: bool = False
) -> "Detector":
    """Learns again what is normal from other normal footage, and leaves the network as it is.

    Args:
        model: Path of the model file, which is replaced if all succeeds, or the model that was
            loaded from it.
        footage: Folder of normal videos, or of frames that `preprocess` made.
        camera: Name of the camera of the footage; empty if the footage tells.
        trust: Whether code that the network needs may be run; see `load`.

    Returns:
        The model with its new calibration.

    Raises:
        AbnormalError: There is no such model, or no readable normal footage.
    """
    from abnormal.api.scoring import load, path_of
    from abnormal.models.backend import start_backend

    start_backend()
    from abnormal.models.trust import trusting
    from abnormal.training.recalibrate import recalibrate

    path = path_of(model)
    with trusting(trust):
        recalibrate(path, Path(footage), camera)
        return load(path)
