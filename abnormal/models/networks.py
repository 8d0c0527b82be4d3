"""The networks by name: `(clip_length, size)` to an untrained model."""

from collections.abc import Callable

import keras

from abnormal.models import spatiotemporal
from abnormal.models.defaults import SPATIOTEMPORAL

NETWORKS: dict[str, Callable[[int, int], keras.Sequential]] = {
    SPATIOTEMPORAL: spatiotemporal.build,
}
