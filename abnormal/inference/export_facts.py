"""What other programs have to know about a model to use its network."""

import json

from abnormal.inference.stored_calibration import calibration_of
from abnormal.models.model import TrainedModel
from abnormal.names import FUSED


def facts_of(model: TrainedModel) -> dict[str, str]:
    """Returns facts about a model by name, as texts.

    They are its name and architecture, clip length in frames, size in pixels, frames per second,
    the formula of its inputs, its cameras, and as JSON the threshold of each score.

    Raises:
        AbnormalError: The calibration of the model cannot be used.
    """
    info, calibration = model.info, calibration_of(model)
    scores = [*([FUSED] if calibration.cameras else []), *calibration.surprises]
    thresholds = {score: float(calibration.threshold(score)) for score in scores}
    return {
        "model": model.path.stem,
        "arch": info.arch,
        "clip_length": str(info.clip_length),
        "size": str(info.size),
        "fps": f"{info.fps:g}",
        "normalisation": info.normalisation,
        "cameras": json.dumps(info.cameras),
        "thresholds": json.dumps(thresholds),
        "version": info.versions.get("abnormal", ""),
    }
