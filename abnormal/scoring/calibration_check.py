"""Checks the calibration in a model file: a value that no footage could give would silence alarms.

A threshold that is not a number, or far above all scores, never raises an alarm, and nobody would
notice.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from abnormal import checks
from abnormal.scoring.cells import cell_means
from abnormal.scoring.dismissal import RAISED
from abnormal.scoring.false_alarms import COUNTED_SURPRISES
from abnormal.scoring.local import LOCAL_SCORES
from abnormal.scoring.localisation import Localiser
from abnormal.scoring.normality import BACKGROUND
from abnormal.scoring.rate_check import MOST_LOWERED
from abnormal.scoring.surprise import MAX_SURPRISE

MOST_FRAMES, MOST_HOURS = 10**10, 1e7
"""Largest number of frames, and of hours, that a calibration may come from."""

LARGEST_SCORE = 2.0
"""Largest value of each score but `l1` and `l2`; those are at most the number of pixels and its
square root."""

MARGIN = 10.0
"""A score is at most so many times larger, being divided by its usual size at a position."""

MOST_RATIO = 1e6
"""Largest ratio of a cell to its normal level in normal footage."""

MOST_LEVEL = 1e4
"""Largest normal level of a cell: speeds are in pixels per frame, differences at most 2, and a
dismissed event raises them tenfold."""

Arrays = Mapping[str, Mapping[str, np.ndarray]]


def check_calibration(
    stored: Mapping[str, Any], arrays: Arrays, clip_length: int, size: int
) -> None:
    """Checks a calibration as a model file stores it; see `read_calibration`.

    Args:
        stored: The value of `Calibration.as_dict`; empty if the model is not calibrated.
        arrays: For each camera's name what `Calibration.arrays` has.
        clip_length: Number of frames of a clip of the model.
        size: Height and width of its frames, in pixels.

    Raises:
        ValueError: A value has another type or shape, or is out of its range.
    """
    _check_pool(stored, size)
    for pool in checks.sequence("pools", stored.get("pools", ())):
        (cameras,) = _of("a pool", pool, "cameras")
        for camera in checks.sequence("the cameras of a pool", cameras):
            checks.text("a camera of a pool", camera)
        _check_pool(pool, size)
    for camera, surprises in _each(stored, "cameras"):
        for name, value in checks.mapping(camera, surprises).items():
            _check_surprise(f"{camera}.{name}", value, MOST_RATIO)
    for name, value in _each(stored, "positions"):
        usual = checks.numbers(name, value, 1e-9, clip_length, clip_length, clip_length)
        checks.number(f"the mean of {name}", math.fsum(usual) / clip_length, 0.99, 1.01)
    _check_dismissed(checks.sequence("dismissed", stored.get("dismissed", ())))
    for name, value in _each(stored, "corrections"):
        checks.number(name, value, -MOST_LOWERED, MOST_LOWERED)  # raised so far by older versions
    for name, value in _each(stored, "box_thresholds"):
        checks.number(name, value, 0, Localiser().largest_sum)
    for name in checks.sequence("several_views", stored.get("several_views", ())):
        checks.text("the name of a camera with several views", name)
    for name, exam in _each(stored, "exams"):
        for kind, result in checks.mapping(name, exam).items():
            found, trials = checks.numbers(f"{name}.{kind}", result, 0, MOST_FRAMES, 2, 2)
            checks.number(f"{name}.{kind}", found, 0, trials)
    _check_levels(arrays, size)
    _check_raised(arrays, size)
    _check_backgrounds(arrays, size)


def _check_pool(stored: Mapping[str, Any], size: int) -> None:
    """Checks what all cameras share, or one part of it."""
    for name, value in _each(stored, "surprises"):
        most = {"surprises.l1": size**2, "surprises.l2": size}.get(name, LARGEST_SCORE)
        _check_surprise(name, value, MARGIN * most)
    for name, value in _each(stored, "false_alarms"):
        hours, counts = _of(name, value, "hours", "counts")
        checks.number(f"{name}.hours", hours, 1e-9, MOST_HOURS)
        for count in checks.sequence(f"{name}.counts", counts, *[len(COUNTED_SURPRISES)] * 2):
            checks.whole(f"a value of {name}.counts", count, 0, MOST_FRAMES)
    checks.whole("frames", stored.get("frames", 0), 0, MOST_FRAMES)
    checks.flag("held_out", stored.get("held_out", False))
    checks.flag("is_mixed", stored.get("is_mixed", False))
    for video in checks.sequence("videos", stored.get("videos", ())):
        checks.text("the name of a video", video)
    _check_rate(stored.get("rate_check"))


def _check_dismissed(events: Sequence[Any]) -> None:
    for event in events:
        (camera,) = _of("a dismissed event", event, "camera")
        checks.text("the camera of a dismissed event", camera)
        if "event" in event:
            checks.text("the name of a dismissed event", event["event"])
        else:
            _of("a dismissed event", event, "video", "first_frame", "last_frame")


def _check_rate(stored: Any) -> None:
    if stored is None:
        return
    share, low, high, events, hours = _of(
        "rate_check", stored, "share", "low", "high", "events", "hours"
    )
    for name, value in {"share": share, "low": low, "high": high}.items():
        checks.number(f"rate_check.{name}", value, 0, 1)
    checks.number("rate_check.hours", hours, 1e-9, MOST_HOURS)
    checks.whole("rate_check.events", events, 0, MOST_FRAMES)


def _check_backgrounds(arrays: Arrays, size: int) -> None:
    for camera, of_camera in arrays.items():
        background = of_camera.get(BACKGROUND)
        if background is None or (background.dtype, background.shape) == (np.uint8, (size, size)):
            continue
        raise ValueError(
            f"the background of camera {camera!r} is {background.dtype} {background.shape}, not "
            f"uint8 {(size, size)}"
        )


def _check_surprise(name: str, stored: Any, most: float) -> None:
    values, surprises, scale, exceedances, frames = _of(
        name, stored, "values", "surprises", "scale", "exceedances", "frames"
    )
    checks.growing(f"{name}.values", checks.numbers(f"{name}.values", values, 0, most, 1))
    of_values = checks.numbers(f"{name}.surprises", surprises, 0, MAX_SURPRISE, *[len(values)] * 2)
    checks.growing(f"{name}.surprises", of_values)
    checks.number(f"{name}.scale", scale, 1e-12, most)
    checks.number(f"{name}.exceedances", exceedances, 1, MOST_FRAMES)
    checks.whole(f"{name}.frames", frames, 1, MOST_FRAMES)


def _check_levels(arrays: Arrays, size: int) -> None:
    grid = _grid(size)
    for camera, of_camera in arrays.items():
        for name in LOCAL_SCORES:
            if name not in of_camera:
                continue
            level = of_camera[name]
            if level.dtype.kind != "f" or level.shape != grid:
                raise ValueError(
                    f"the levels of {name} of camera {camera!r} are {level.dtype} {level.shape}, "
                    f"not numbers {grid}"
                )
            wrong = level[~((level > 0) & (level <= MOST_LEVEL))]
            if wrong.size:
                raise ValueError(
                    f"a level of {name} of camera {camera!r} is {wrong[0]:g}, but a number above "
                    f"0 and at most {MOST_LEVEL:g} was expected"
                )


def _check_raised(arrays: Arrays, size: int) -> None:
    """Checks what the dismissed events of each camera ask for; see `stack_levels`."""
    for camera, of_camera in arrays.items():
        stacks = {name: a for name, a in of_camera.items() if name.startswith(RAISED)}
        counts = {stack.shape[:1] for stack in stacks.values()}
        for name, stack in stacks.items():
            if stack.dtype.kind != "f" or stack.shape[1:] != _grid(size) or len(counts) > 1:
                raise ValueError(
                    f"{name} of camera {camera!r} is {stack.dtype} {stack.shape}, but numbers "
                    f"{_grid(size)} for each dismissed event were expected"
                )
            wrong = stack[~((stack >= 0) & (stack <= MOST_LEVEL))]
            if wrong.size:
                raise ValueError(
                    f"a level of {name} of camera {camera!r} is {wrong[0]:g}, but a number from 0 "
                    f"to {MOST_LEVEL:g} was expected"
                )


def _grid(size: int) -> tuple[int, ...]:
    """Returns the number of rows and columns of the cells."""
    return cell_means(np.zeros((1, size, size), np.float32)).shape[1:]


def _each(stored: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    """Returns the entries of one part of a calibration, each with its name for messages."""
    return [(f"{key}.{name}", v) for name, v in checks.mapping(key, stored.get(key, {})).items()]


def _of(name: str, stored: Any, *keys: str) -> list[Any]:
    """Returns the values of an entry that has to have these keys."""
    found = checks.mapping(name, stored)
    if missing := [key for key in keys if key not in found]:
        raise ValueError(f"{name} has no {missing[0]}")
    return [found[key] for key in keys]
