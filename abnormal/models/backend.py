"""Starts Keras's backend, quietly. The only place where TensorFlow is imported by name."""

import contextlib
import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

from abnormal.errors import AbnormalError
from abnormal.version import __version__


def start_backend() -> None:
    """Imports Keras with its backend; to be called before the first import of Keras.

    TensorFlow's messages, errors apart, do not reach the terminal, and it takes memory of a
    graphics card as it needs it, so that others can use the rest.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors remain
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its advice is for programmers
    with quiet_stderr():
        backend = importlib.import_module("keras").backend.backend()
        if backend == "tensorflow":
            _let_memory_grow()
        else:  # Keras imports it with any backend as soon as it is given data
            with contextlib.suppress(ImportError):
                importlib.import_module("tensorflow")


def make_deterministic() -> None:
    """Lets the same operations give the same bits, on the processor at least.

    On a graphics card TensorFlow would refuse some operations and slow down others.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()


def has_accelerator() -> bool:
    """Whether Keras computes on something else than the processor."""
    import keras

    return bool(keras.distribution.list_devices("gpu") or keras.distribution.list_devices("tpu"))


def replica_devices() -> list[str]:
    """The devices that can train together, of all hosts: graphics cards, else processors.

    A processor is one device, unless the backend was told to see several in it.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return list(keras.distribution.list_devices())
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in devices]


def replicated() -> contextlib.AbstractContextManager:
    """Within it, networks are made and trained as replicas, one on each device."""
    import keras

    devices = replica_devices()
    if keras.backend.backend() != "tensorflow":
        # Each host brings its own part of a batch, so there is nothing to shard.
        together = keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
        return together.scope()
    import tensorflow as tf

    # TensorFlow's collective operations mix up sums of several kinds on processors.
    on_processors = "CPU" in devices[0] and tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, on_processors or None).scope()


def versions() -> dict[str, str]:
    """The versions of this package, of Keras and of its backend."""
    import keras

    name = keras.backend.backend()
    backend = importlib.import_module(name)
    return {"abnormal": __version__, "keras": keras.__version__, name: backend.__version__}


def _let_memory_grow() -> None:
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        # Refused once TensorFlow has begun to compute, as it may have in a notebook.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(device, True)
    tf.config.list_logical_devices()  # what starting a device says belongs to the start-up


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Holds back what C++ writes to stderr, and shows it only if an error follows."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def memory_advice(advice: str) -> Iterator[None]:
    """Answers a backend that runs out of memory with advice.

    Raises:
        AbnormalError: In place of the backend's own error, of which each backend has another.
    """
    try:
        yield
    except Exception as error:
        named = type(error).__name__ in {"MemoryError", "ResourceExhaustedError"}
        if not named and "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise AbnormalError(f"There is not enough memory. {advice}") from error
