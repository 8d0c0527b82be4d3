"""Tells whether a run can go on from a checkpoint: options, footage and backend are the same."""

from pathlib import Path
from typing import Any

import keras

from abnormal.files import sha256
from abnormal.frames.manifest import camera_fingerprint
from abnormal.models.defaults import is_file_and_function
from abnormal.models.fast import stock_of
from abnormal.models.own_network import connections_of, fingerprint_of
from abnormal.training.checkpoint_check import check_complete
from abnormal.training.checkpoints import Checkpoint
from abnormal.training.footage import Footage
from abnormal.training.options import DIGITS, FIXED_WHEN_RESUMED, TrainingOptions
from abnormal.training.own_loss import fingerprint_of_loss, may_be_the_same

CONNECTIONS, LOSS_CODE = "connections", "loss_code"
"""Keys of a state that those of earlier versions do not have."""


def footage_facts(footage: Footage) -> dict[str, str | None]:
    """Returns what a run depends on in its footage, by name."""
    return {
        "data": footage.fingerprint[:DIGITS],
        "cameras": camera_fingerprint(footage.records)[:DIGITS],
        "split": footage.split,
    }


def facts_beside_options(
    options: TrainingOptions, footage: Footage, network: keras.Model
) -> dict[str, str | None]:
    """Returns what a run depends on in addition to its options, by name, as a checkpoint has it."""
    known = footage_facts(footage) | {"backend": keras.backend.backend()}
    known[LOSS_CODE] = fingerprint_of_loss(options.own.loss) if options.own.loss else None
    if options.own.build:
        known["network"] = fingerprint_of(network)
        known[CONNECTIONS] = connections_of(stock_of(network))
    return known


def differences(
    checkpoint: Checkpoint, options: TrainingOptions, facts: dict[str, str | None]
) -> list[str]:
    """Returns the reasons why a run cannot resume from a checkpoint; empty if it can.

    Args:
        checkpoint: The checkpoint.
        options: The options of the run.
        facts: What else it depends on; see `facts_beside_options`.

    Returns:
        Each reason names an option, or the backend or footage, with its old and its new value.

    Raises:
        ValueError: No run can resume from it, because something is missing.
    """
    check_complete(checkpoint.state, checkpoint.epoch)
    saved = checkpoint.state | checkpoint.state["options"]
    now = facts | options.record()
    has_both = saved.get("init") and now["init"]
    changed = {
        "init": "the network in --init is another" if has_both else "--init is given only once",
        "data": f"the footage in {options.img} has changed",
        "cameras": f"the cameras of the footage in {options.img} have changed",
        CONNECTIONS: "the network is connected in another way, or has other settings",
        LOSS_CODE: f"the loss {options.loss} computes something else",
    }
    return [
        changed.get(name, f"{name} was {saved.get(name)}, is {now[name]}")
        for name in (*FIXED_WHEN_RESUMED, *facts)
        if saved.get(name) != now[name] and not _means_the_same(name, saved, now, options)
    ]


def _means_the_same(
    name: str, saved: dict[str, Any], now: dict[str, Any], options: TrainingOptions
) -> bool:
    """Whether values that differ mean the same: an earlier version wrote one of them, or the same
    file is named from another folder.
    """
    if name == "arch":
        return _is_same_function(str(saved.get(name)), now[name])
    if name == "cameras":
        return name not in saved or saved.get("data") != now["data"]  # of which it is a part
    if name in (CONNECTIONS, LOSS_CODE) and name not in saved:
        return True
    if name == LOSS_CODE and saved[name] and now[name]:
        return may_be_the_same(str(saved[name]), now[name])
    if name == "init" and saved.get(name) and options.init and options.init.is_file():
        return bool(saved[name] == sha256(options.init)[:DIGITS])  # of the file as a whole
    return False


def _is_same_function(arch: str, other: str) -> bool:
    """Whether both name a function of the same name, in files of the same name.

    The folder tells nothing: it depends on where the program runs. What the function builds is
    compared besides.
    """
    both = (arch, other)
    return all(map(is_file_and_function, both)) and Path(arch).name == Path(other).name
