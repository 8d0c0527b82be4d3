"""The networks by name."""

from collections.abc import Callable

import keras

from abnormal.models import cae, lstm_stcae, spatiotemporal, stcae
from abnormal.models.defaults import CAE, LSTM_STCAE, SPATIOTEMPORAL, STCAE

NETWORKS: dict[str, Callable[..., keras.Sequential]] = {
    SPATIOTEMPORAL: spatiotemporal.build,
    CAE: cae.build,
    STCAE: stcae.build,
    LSTM_STCAE: lstm_stcae.build,
}
"""Maps each architecture to the function `(clip_length, size)` that builds an untrained network."""
