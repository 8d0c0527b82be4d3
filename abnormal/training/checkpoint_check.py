"""Checks the state in a checkpoint: its types and ranges, before a run goes on from it."""

from collections.abc import Mapping
from typing import Any

from abnormal import checks

MOST_LOSS = 1e30
MOST_EPOCHS = 10**9
MOST_CLIPS = 10**9

NEEDED = ("options", "history", "epoch_loss", "running_loss", "stopping", "data", "backend")
"""What a run needs to go on."""


def check_state(state: Mapping[str, Any]) -> None:
    """Checks all values of a state that it has; see `Fitting.checkpoint`.

    Raises:
        ValueError: A value has another type or is out of its range.
    """
    options = checks.mapping("options", state.get("options", {}))
    if "batch_size" in options:
        checks.whole("options.batch_size", options["batch_size"], 0, MOST_CLIPS)
    for entry in checks.sequence("history", state.get("history", [])):
        for name, value in checks.mapping("an entry of history", entry).items():
            checks.number(f"{name} in history", value, -MOST_LOSS, MOST_LOSS)
    for name in ("epoch_loss", "running_loss"):
        if state.get(name) is not None:
            checks.number(name, state[name], -MOST_LOSS, MOST_LOSS)
    for form in checks.sequence("forms", state.get("forms", [])):
        checks.text("a form", form)
    stopping = checks.mapping("stopping", state.get("stopping", {}))
    if stopping:
        if stopping.get("best_loss") != float("inf"):  # before the first validation
            checks.number("stopping.best_loss", stopping.get("best_loss"), -MOST_LOSS, MOST_LOSS)
        checks.whole("stopping.best_epoch", stopping.get("best_epoch"), -1, MOST_EPOCHS)
        checks.whole("stopping.waited", stopping.get("waited"), 0, MOST_EPOCHS)


def check_complete(state: Mapping[str, Any], epoch: int) -> None:
    """Checks that a state has all that a run needs, and the history of as many epochs.

    Raises:
        ValueError: Something is missing, or the checkpoint is of another epoch than it says.
    """
    if missing := [name for name in NEEDED if name not in state]:
        raise ValueError(f"it has no {missing[0]}")
    if len(state["history"]) != epoch:
        raise ValueError(
            f"it has the history of {len(state['history'])} epochs, but is of epoch {epoch}"
        )
