"""Whether videos have one frame rate, as the model has that learns from them."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from abnormal.commands import command
from abnormal.frames.manifest import VideoRecord

TOLERANCE = 0.02
"""Rates that differ by less are the same: 29.97 and 30 frames a second, for example."""

log = logging.getLogger(__name__)

Rates = Mapping[str, Sequence[float]]
"""Frames per second of each video, for each camera's name."""


def rates_by_camera(records: Iterable[VideoRecord]) -> Rates:
    """Returns the frame rates of videos under `img/`."""
    rates: dict[str, list[float]] = defaultdict(list)
    for record in records:
        rates[record.camera].append(record.fps)
    return rates


def rates_differ(rates: Rates) -> bool:
    """Whether the rates of two videos differ by more than `TOLERANCE`."""
    every = [fps for of_camera in rates.values() for fps in of_camera]
    return bool(every) and not is_same_rate(min(every), max(every))


def is_same_rate(one: float, other: float) -> bool:
    """Whether two rates differ by no more than `TOLERANCE`."""
    return max(one, other) <= min(one, other) * (1 + TOLERANCE)


def describe_rates(rates: Rates) -> dict[str, str]:
    """Names the rates of each camera for people, such as `camera gate: 25 to 30 frames a second`.

    Returns:
        The text for each camera's name, in the order of the names.
    """
    texts = {}
    for camera, of_camera in sorted(rates.items()):
        low, high = f"{min(of_camera):.4g}", f"{max(of_camera):.4g}"
        several = low if low == high else f"{low} to {high}"
        whose = f"camera {camera}" if camera else "videos without a camera's name"
        texts[camera] = f"{whose}: {several} frames a second"
    return texts


def warn_of_different_rates(records: Iterable[VideoRecord]) -> None:
    """Warns if videos under `img/` have different rates, which a model would mix up."""
    rates = rates_by_camera(records)
    if rates_differ(rates):
        lowest = min(fps for of_camera in rates.values() for fps in of_camera)
        log.warning(
            "frame rates differ (%s), and a model takes all frames to be equally far apart. "
            "Extract all videos again with one rate: `%s --videos FOLDER --fps %.4g`.",
            *("; ".join(describe_rates(rates).values()), command("preprocess"), lowest),
        )
