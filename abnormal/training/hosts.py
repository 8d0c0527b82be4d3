"""Lets several hosts join one training run over JAX, and leave it again.

All hosts run the same command, and only host 0 writes files. What the hosts exchange while they
train is in `abnormal.training.devices`.
"""

import atexit
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import keras

from abnormal.commands import command, install_command, program_name
from abnormal.errors import EXIT_BUG, EXIT_ERROR, EXIT_INTERRUPTED, AbnormalError, Stopped
from abnormal.models.backend import replica_devices
from abnormal.training.death_notice import death_notice, keep_native_output
from abnormal.training.devices import Devices
from abnormal.training.options import HostAddresses

HEARTBEAT_SEC = 30
"""Seconds without a sign of life after which a host counts as dead."""

CALIBRATION_SEC = 7 * 24 * 3600
"""Longest time, in seconds, that the other hosts wait while a living host 0 calibrates."""

LINGER_SEC = 3
"""Seconds that host 0 stays after an error, so that the other hosts can still report theirs."""

HOW_TO_RESUME = "The same command on all hosts goes on from the last checkpoint."
"""Advice that ends the message about a lost host."""


@contextlib.contextmanager
def joined(addresses: HostAddresses) -> Iterator[Devices]:
    """Joins the other hosts for the duration of the block, and waits for them at its end.

    Args:
        addresses: How the hosts find one another.

    Raises:
        AbnormalError: The backend cannot train on several hosts, the hosts do not find one
            another, or the connection to one of them is lost.
    """
    if keras.backend.backend() != "jax":
        raise AbnormalError(
            "--distribute hosts needs the JAX backend: Keras cannot train on several hosts with "
            f"{keras.backend.backend()} (keras-team/keras#20585). On each host: "
            f"`{install_command('jax')}`, then put KERAS_BACKEND=jax before the same command: "
            f"`KERAS_BACKEND=jax {command('train')} --distribute hosts ...`."
        )
    with (
        keep_native_output() as log,
        death_notice(f"{program_name('train')}: {_lost_message(log)}"),
    ):
        devices = _join(addresses)
        try:
            yield devices
        except Stopped:
            _leave()  # all hosts have agreed to stop
            log.unlink()
            raise
        except BaseException as error:
            lost = _is_lost_connection(error)
            _exit_without_waiting(devices, EXIT_ERROR if lost else _exit_code_of(error))
            if lost:
                raise AbnormalError(_lost_message(log)) from error
            log.unlink()
            raise
        _leave()
        log.unlink()


def _join(addresses: HostAddresses) -> Devices:
    import jax

    try:
        jax.distributed.initialize(
            addresses.coordinator,
            addresses.hosts,
            addresses.index,
            heartbeat_timeout_seconds=HEARTBEAT_SEC,
            shutdown_timeout_seconds=CALIBRATION_SEC,
        )
    except (ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise AbnormalError(
            f"The hosts have not found one another: {reason}. Give each --coordinator HOST:PORT "
            "(of host 0), --hosts N and its own --host-index I, or start the command by Slurm, "
            "Kubernetes or on Cloud TPU; see docs/SCALING.md."
        ) from None
    return Devices(len(replica_devices()), jax.process_count(), jax.process_index())


def _leave() -> None:
    """Disconnects this host, after waiting until all hosts are ready to."""
    import jax

    jax.distributed.shutdown()


def _exit_without_waiting(devices: Devices, exit_code: int) -> None:
    """Makes this process exit without waiting for the other hosts, for which JAX would wait.

    The other hosts notice that it is gone.
    """

    def end() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        time.sleep(LINGER_SEC if devices.is_first_host else 0)
        os._exit(exit_code)

    atexit.register(end)


def _exit_code_of(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    return EXIT_ERROR if isinstance(error, AbnormalError) else EXIT_BUG


def _is_lost_connection(error: BaseException) -> bool:
    """Returns whether a computation failed because another host is gone.

    JAX has no exception class for this, so the messages of its transports are recognised by words.
    """
    signs = ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "Socket closed", "heartbeat")
    return not isinstance(error, AbnormalError) and any(sign in str(error) for sign in signs)


def _lost_message(log: Path) -> str:
    """Returns the message to the user for the loss of another host."""
    return (
        "Another host has died, or cannot be reached any more; what it said last tells why. "
        f"{HOW_TO_RESUME} (What JAX said: {log})"
    )
