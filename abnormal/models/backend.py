"""Starts Keras's backend without its messages. No other module imports TensorFlow by name.

Importing this module imports neither.
"""

import contextlib
import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from abnormal.errors import AbnormalError
from abnormal.temporary import temporary_file
from abnormal.version import __version__

_ACCELERATORS = ("nvidia*", "nvhost*", "nvmap", "dxg", "kfd", "accel*", "vfio/[0-9]*")
"""Names under `/dev` of the devices of graphics cards and TPUs."""

BACKENDS = ("tensorflow", "jax")
"""Backends of Keras with which the program works, as the environment variable `KERAS_BACKEND` has
them."""

COMPUTE_NETWORKS = ("keras", "tensorflow", "tensorflow-cpu", "jax", "openvino")
"""Names under which packages that compute networks are distributed."""


def start_backend() -> None:
    """Imports Keras with its backend. Call it before anything else imports Keras.

    TensorFlow prints errors only. It allocates the memory of a graphics card as it needs it, and
    leaves the rest to other processes.

    Raises:
        AbnormalError: Keras is to run on a backend that does not work.
    """
    _require_backend(os.environ.get("KERAS_BACKEND") or BACKENDS[0])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors remain
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its warnings address developers
    with quiet_stderr():
        backend = importlib.import_module("keras").backend.backend()
        if backend == "tensorflow":
            _let_memory_grow()
        elif backend in BACKENDS:
            # Keras imports TensorFlow with every backend as soon as it gets data.
            with contextlib.suppress(ImportError):
                importlib.import_module("tensorflow")
    _require_backend(backend)  # which Keras also takes from a file of its own


def _require_backend(name: str) -> None:
    if name not in BACKENDS:
        raise AbnormalError(
            f"Keras is to run on {name!r}. Expected: {' or '.join(BACKENDS)}. Set KERAS_BACKEND to "
            f"one of them; without it, {BACKENDS[0]} is taken unless ~/.keras/keras.json says "
            "otherwise."
        )


def make_deterministic() -> None:
    """Makes operations on the processor give bit-identical results in every run.

    Graphics cards are left alone, because TensorFlow would refuse some operations and slow down
    others.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()


def has_accelerator() -> bool:
    """Returns whether Keras computes on a GPU or a TPU.

    On a machine without one, Keras is not imported to find out.
    """
    if not may_have_accelerator():
        return False
    start_backend()
    import keras

    return bool(keras.distribution.list_devices("gpu") or keras.distribution.list_devices("tpu"))


def may_have_accelerator() -> bool:
    """Returns whether the machine may have a GPU or a TPU, as far as the system tells."""
    if sys.platform != "linux":
        return True
    return any(any(Path("/dev").glob(name)) for name in _ACCELERATORS)


def replica_devices() -> list[str]:
    """Returns the names of the devices of all hosts that can train together.

    They are the graphics cards if there are any, otherwise the processors. A processor counts as
    one device, unless the backend is configured to divide it.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return list(keras.distribution.list_devices())
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in devices]


def replica_scope() -> contextlib.AbstractContextManager:
    """Returns a context in which networks are built and trained with a replica on each device."""
    import keras

    devices = replica_devices()
    if keras.backend.backend() != "tensorflow":
        # Each host reads its own part of a batch, so there is nothing to shard.
        distribution = keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
        return distribution.scope()
    import tensorflow as tf

    # TensorFlow's collective operations mix up sums of several kinds on processors.
    on_processors = "CPU" in devices[0] and tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, on_processors or None).scope()


def tf_dataset(batches: Any) -> Any:
    """Returns batches of arrays as a `tf.data.Dataset`.

    Args:
        batches: All batches by number, each a tuple of arrays, with at least one batch. They may
            have different numbers of rows.
    """
    import tensorflow as tf

    signature = tuple(tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in batches[0])
    data = tf.data.Dataset.from_generator(
        lambda: (batches[number] for number in range(len(batches))), output_signature=signature
    )
    return data.apply(tf.data.experimental.assert_cardinality(len(batches)))


def timed_step(
    compute: Callable[[Any], Any],
    inputs: Any,
    variables: Sequence[Any] | None,
    of_inputs: bool,
) -> Callable[[], Any]:
    """Returns a function that computes outputs or gradients, and returns when they are there.

    It needs the TensorFlow backend, and does not use XLA.

    Args:
        compute: Computes the outputs.
        inputs: What it gets, as an array.
        variables: The variables whose gradients are computed, as if each output were pulled towards
            zero; None to compute nothing but the outputs.
        of_inputs: Whether the gradients of the inputs are computed, too.
    """
    import tensorflow as tf

    given = tf.constant(inputs)

    @tf.function(autograph=False, jit_compile=False)
    def step(given: Any) -> Any:
        if variables is None:
            return compute(given)
        wanted = [variable.value for variable in variables] + ([given] if of_inputs else [])
        with tf.GradientTape() as tape:
            tape.watch(wanted)
            outputs = compute(given)
        return tape.gradient(outputs, wanted, output_gradients=outputs)

    return lambda: step(given)


def versions() -> dict[str, str]:
    """Returns the versions of this package, of Keras and of its backend, by package name."""
    import keras

    name = keras.backend.backend()
    backend = importlib.import_module(name)
    return {"abnormal": __version__, "keras": keras.__version__, name: backend.__version__}


def _let_memory_grow() -> None:
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        # TensorFlow refuses this once it has started to compute, as it may have in a notebook.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(device, True)
    tf.config.list_logical_devices()  # starts the devices now, so that their messages are hidden


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hides what C++ code writes to stderr in the block, and shows it only if the block raises."""
    sys.stderr.flush()
    with temporary_file() as hidden:
        stderr = os.dup(2)
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            hidden.seek(0)
            os.write(stderr, hidden.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error of any backend says that there is not enough memory."""
    known_class = type(error).__name__ in {"MemoryError", "ResourceExhaustedError"}
    return known_class or "RESOURCE_EXHAUSTED" in str(error)


@contextlib.contextmanager
def memory_advice(advice: str) -> Iterator[None]:
    """Turns an out-of-memory error of any backend into an error message with advice.

    Args:
        advice: What the user can do about it, in full sentences.

    Raises:
        AbnormalError: The backend ran out of memory. Each backend has an error class of its own
            for that.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise AbnormalError(f"There is not enough memory. {advice}") from error
