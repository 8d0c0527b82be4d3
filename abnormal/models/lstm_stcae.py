"""The LSTM-based stacked autoencoder: the layers of `spatiotemporal` with other training options.

The comparison of three autoencoders on UCSD Ped1 uses the network of Chong and Tay with Glorot's
initialisation, also for the recurrent kernels. The public code of that comparison passes all frames
of a clip to a single recurrent step as channels, so that there is no recurrence; here the recurrent
layers process the frames one by one.
"""

import keras

from abnormal.models import spatiotemporal
from abnormal.models.defaults import LSTM_STCAE


def build(clip_length: int, size: int) -> keras.Sequential:
    """Builds the untrained network.

    Arguments, result and errors are those of `abnormal.models.spatiotemporal.build`.
    """
    return spatiotemporal.build(
        clip_length, size, LSTM_STCAE, recurrent_initializer="glorot_uniform"
    )
