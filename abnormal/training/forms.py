"""The forms in which a run computes its layers: chosen when it begins, and kept in its checkpoints.

Forms differ in the last bits of what they compute. A run that changed them would not end as one
that was left alone.
"""

from collections.abc import Mapping
from typing import Any

import keras

from abnormal.errors import AbnormalError
from abnormal.models.fast import FastNetwork
from abnormal.models.forms.choose import choose_forms
from abnormal.training.devices import Devices

FORMS = "forms"
"""Key of the state of a checkpoint."""


def choose_fastest(network: keras.Model, batch_size: int, tune: str, devices: Devices) -> bool:
    """Makes the network of a run that begins use the forms that are fastest on this machine.

    Devices that train together use the default forms, because all have to use the same.

    Args:
        network: The network, which has computed nothing yet.
        batch_size: Number of clips in a batch.
        tune: A name in `TUNE_NAMES`.
        devices: The devices that share each batch.

    Returns:
        Whether the forms were chosen, so that another start may choose others.
    """
    if devices.count > 1 or not _can_choose(network):
        return False
    forms = choose_forms(network, batch_size, tune)
    if forms:
        network.use_forms(forms)
    return forms is not None


def state_of(network: keras.Model) -> dict[str, Any]:
    """Returns what a checkpoint stores of the forms of a network."""
    return {FORMS: list(network.forms)} if _can_choose(network) else {}


def restore_forms(network: keras.Model, state: Mapping[str, Any]) -> None:
    """Makes a network use the forms in a checkpoint; those of earlier versions have none.

    Raises:
        AbnormalError: The network has no such forms.
    """
    if FORMS not in state or not _can_choose(network):
        return
    try:
        network.use_forms(state[FORMS])
    except ValueError as error:
        raise AbnormalError(
            f"The checkpoint does not fit the network: {error}. Was it made by another version? Go "
            "on with that version, or begin again with --restart."
        ) from None


def _can_choose(network: keras.Model) -> bool:
    """Whether it is computed in forms at all; where XLA compiles it, these are fixed."""
    return isinstance(network, FastNetwork) and not network.uses_xla
