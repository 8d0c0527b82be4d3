"""Decides which camera of a model some footage is of, before the model is calibrated on it."""

import dataclasses
import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.inference.videos import InputVideo

log = logging.getLogger(__name__)


def choose_videos(
    videos: Sequence[InputVideo], camera: str, known: Collection[str], folder: Path
) -> list[InputVideo]:
    """Chooses the videos to calibrate a model on, and gives each its camera.

    A camera without a name never comes beside others: any video could then be taken for it.

    Args:
        videos: The videos of a folder, at least one, with the cameras that they are known to be of.
        camera: Name of the camera that is to be calibrated. If the videos have cameras, those of
            this one are chosen. Empty for all cameras of the videos or, if these have no names, the
            only camera that the model knows.
        known: Names of the cameras that the model knows.
        folder: The folder, for messages.

    Raises:
        AbnormalError: It is not clear which camera is meant, or there is no video of it.
    """
    named = sorted({video.camera for video in videos} - {""})
    if camera and named:
        chosen = [video for video in videos if video.camera == camera]
        if not chosen:
            raise AbnormalError(
                f"{folder} has no footage of the camera {camera!r}, only of {_listed(named)}."
            )
    elif named:
        chosen = list(videos)
        if unnamed := [video.name for video in videos if not video.camera]:
            raise AbnormalError(
                f"{folder} has footage of {_listed(named)}, but {unnamed[0]} is of a camera "
                "without a name. Choose one camera with --camera, or name all with `preprocess.py "
                "--camera-from`."
            )
        if list(known) == [""] and len(named) > 1:
            raise AbnormalError(
                f"The model knows one camera, which has no name, and {folder} has footage of "
                f"{_listed(named)}. Choose the one that it is with --camera."
            )
    else:
        chosen = [dataclasses.replace(video, camera=camera or _only(known)) for video in videos]
    if known and (new := sorted({video.camera for video in chosen} - {*known, ""})):
        log.info("new to the model: camera %s", _listed(new))
    return chosen


def _only(known: Collection[str]) -> str:
    """Returns the only camera of a model; empty if it does not know any."""
    if len(known) > 1:
        raise AbnormalError(
            f"The model knows the cameras {_listed(sorted(known))}, and the footage does not tell "
            "of which of them it is. Name one with --camera; another name is that of a new camera."
        )
    return next(iter(known), "")


def _listed(names: Collection[str]) -> str:
    return ", ".join(map(repr, names))
