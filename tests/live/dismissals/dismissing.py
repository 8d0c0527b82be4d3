"""What the tests of dismissing share: events, and a watch that is played."""

from abnormal.models.backend import start_backend

start_backend()

from abnormal.inference.stored_calibration import (  # noqa: E402
    calibration_of,
    read_info_and_calibration,
)
from abnormal.live.dismissals import Dismissals  # noqa: E402
from abnormal.models.model_file import load_model  # noqa: E402
from abnormal.scoring.dismissal import Dismissal  # noqa: E402

SIZE, GRID = 16, (2, 2)
FIRST, SECOND = "gate-20261126T201205.123Z-anomaly", "gate-20261126T201305.000Z-anomaly"
LEARNT = "gate-20261126T211205.000Z-anomaly"
MERGED = Dismissal({"video": "a", "camera": "gate", "first_frame": 1, "last_frame": 2})


class Monitor:
    def __init__(self):
        self.regimes, self.dismissed, self.refreshed = self, [], 0

    def use(self, calibration):
        self.calibration = calibration

    def refresh(self):
        self.refreshed += 1


def level(calibration, camera="gate"):
    return float(calibration.cameras[camera].levels["motion"].max())


def in_file(model):
    return calibration_of(load_model(model))


def watching(model, output, monitors):
    """The dismissals of a watch that begins now."""
    return Dismissals(model, output, *read_info_and_calibration(model), monitors)
