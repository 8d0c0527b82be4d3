"""Makes the network of a training run, and compiles it for the devices that train it."""

import contextlib
import logging
import random
from collections.abc import Iterator

import keras
import numpy as np

from abnormal.errors import AbnormalError
from abnormal.models.defaults import ARCHITECTURES
from abnormal.models.fast import FastNetwork, has_fast_form
from abnormal.models.model_file import load_model
from abnormal.models.networks import NETWORKS
from abnormal.models.own_network import Build, build_network, require_clips
from abnormal.models.storable import require_storable
from abnormal.names import PRECISION_NAMES
from abnormal.training.devices import ONE_DEVICE, Devices
from abnormal.training.losses import mean_per_clip
from abnormal.training.optimizer import PenalisedAdam, make_optimizer
from abnormal.training.options import TrainingOptions
from abnormal.training.own_parts import loss_of
from abnormal.training.replicas import ReplicatedNetwork

log = logging.getLogger(__name__)


def tried_network(options: TrainingOptions) -> keras.Model:
    """Returns the network of a run that begins, after trying whether a model file can hold it.

    Raises:
        AbnormalError: There is no such network, it does not take and return clips, or it cannot be
            stored as the model file of the run.
    """
    network = make_network(options)
    if options.own.build or options.init:
        shape = (options.clip_length, options.size, options.size, 1)
        require_storable(network, options.output, shape)
    if network.compiled and not isinstance(network.optimizer, PenalisedAdam):
        log.warning(
            "the network was compiled with an optimizer, which is not used: it is compiled again "
            "with Adam (learning_rate), and with the loss of this run"
        )
    return network


def make_network(options: TrainingOptions) -> keras.Model:
    """Returns a new network, or the network of the model file that the run starts from.

    Raises:
        AbnormalError: There is no such network, or it does not take and return clips.
    """
    if options.own.build:
        return _own_network(options, options.own.build)
    if options.init is None:
        width = {"bottleneck": options.bottleneck} if options.bottleneck else {}
        with _float32_policy():
            return NETWORKS[options.arch](options.clip_length, options.size, **width)
    model = load_model(options.init)
    made_for = (model.info.arch, model.info.clip_length, model.info.size)
    wanted = (options.arch, options.clip_length, options.size)
    if made_for != wanted:
        raise AbnormalError(
            f"{options.init} is a network of (architecture, clip length, size) {made_for}, but "
            f"{wanted} is asked for. Give the same --arch, --clip-length and --size."
        )
    return model.network


@contextlib.contextmanager
def _float32_policy() -> Iterator[None]:
    """Makes layers as they are stored, whatever policy the process has for layers of its own."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _own_network(options: TrainingOptions, build: Build) -> keras.Model:
    """Returns a network of one's own that takes clips."""
    if options.init:
        raise AbnormalError(
            f"A network of one's own and --init {options.init} are both asked for. Leave one out."
        )
    network = build_network(build, options.clip_length, options.size)
    if not isinstance(network, keras.Model):
        raise AbnormalError(
            f"{options.arch} has built {type(network).__name__}. Expected: a keras.Model."
        )
    require_clips(network, options.clip_length, options.size)
    return network


def devices_for(network: keras.Model, options: TrainingOptions, devices: Devices) -> Devices:
    """Returns the devices that can train a network together: one if it is a network of one's own.

    Raises:
        AbnormalError: Several hosts are to train it.
    """
    is_ours = options.arch in ARCHITECTURES and not options.own.build
    if devices.count == 1 or (is_ours and type(network) is keras.Sequential):
        return devices
    if devices.hosts > 1:
        raise AbnormalError(
            f"A network of your own is trained on one device, but {options.arch} and "
            f"{devices.hosts} hosts are asked for. Leave --distribute hosts out."
        )
    log.info("a network of your own is trained on one device, not on all %d", devices.count)
    return ONE_DEVICE


@contextlib.contextmanager
def random_numbers_kept() -> Iterator[None]:
    """Leaves the random numbers of Python and NumPy after the block as they were before it."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def compiled(options: TrainingOptions, devices: Devices) -> keras.Model:
    """Returns the network to train, in the form for one device or for several."""
    keras.utils.set_random_seed(options.seed)
    stock, loss = make_network(options), loss_of(options)
    if devices.count > 1:
        network = ReplicatedNetwork(stock, options.precision)
        network.compile(make_optimizer(options), mean_per_clip(loss))
        return network
    network = stock
    if has_fast_form(stock):
        network = FastNetwork(stock, options.precision)
    elif options.precision != PRECISION_NAMES[0]:
        raise AbnormalError(
            f"--precision {options.precision} is for a keras.Sequential. Give the layers of "
            f"{options.arch} a dtype policy of their own."
        )
    network.compile(make_optimizer(options), loss)
    return network


def on_one_device(network: keras.Sequential, devices: Devices) -> keras.Sequential:
    """Returns a copy of the network on a single device, on which it is calibrated and saved."""
    if devices.count == 1:
        return network
    copy = keras.Sequential.from_config(network.get_config())
    copy.set_weights(network.get_weights())
    return copy
