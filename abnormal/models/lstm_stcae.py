"""The LSTM-based stacked autoencoder: the layers of `spatiotemporal`, trained otherwise.

The comparison of three autoencoders on UCSD Ped1 arrives at the network of Chong and Tay, with
Glorot's initialisation for the recurrent kernels too. Its public code gives all frames of a clip to
a single recurrent step as channels, so that nothing recurs; here the recurrent layers go over the
frames one by one.
"""

import keras

from abnormal.models import spatiotemporal
from abnormal.models.defaults import LSTM_STCAE


def build(clip_length: int, size: int) -> keras.Sequential:
    """Builds the untrained network; see `abnormal.models.spatiotemporal.build`."""
    return spatiotemporal.build(clip_length, size, LSTM_STCAE, recurrent="glorot_uniform")
