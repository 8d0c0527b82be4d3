"""Several hosts that train one network together, over JAX.

Each runs the same command; host 0 alone writes. What they tell one another beside gradients are
small numbers and texts, gathered by all at the same moment.
"""

import atexit
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from abnormal.errors import BUG, INTERRUPTED, MENDABLE, AbnormalError, Stopped
from abnormal.files import make_folder
from abnormal.training.last_words import keep_native_output, last_words
from abnormal.training.options import Meeting

HEARTBEAT_SEC = 30  # a host that has not been heard of for so long is dead
CALIBRATION_SEC = 7 * 24 * 3600  # the others wait so long for host 0 to finish, if it lives
LINGER_SEC = 3  # host 0 keeps the line open so that the others can still say what is wrong
SIGHT_SEC = 10  # a file on a shared folder is seen by all after so long at the latest

GO_ON = "The same command on all hosts goes on from the last checkpoint."


@dataclass(frozen=True)
class Hosts:
    """The hosts of a run, as one of them sees them.

    Attributes:
        index: Which of them this is.
        count: How many there are.
    """

    index: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes."""
        return self.index == 0

    def largest(self, number: int) -> int:
        """The largest of the numbers that the hosts give."""
        return int(self._gathered(np.array(number, np.int32)).max())

    def gather(self, value: Any) -> list[Any]:
        """What each host gives, in their order; of a kind that JSON knows."""
        text = json.dumps(value).encode()
        length = self.largest(len(text))
        rows = self._gathered(np.frombuffer(text.ljust(length), np.uint8))
        return [json.loads(row.tobytes()) for row in rows]

    def demand_same(self, values: Mapping[str, Any], advice: str) -> None:
        """Makes sure that all hosts have the same values.

        Raises:
            AbnormalError: On all hosts, with the first difference.
        """
        first, *others = self.gather(values)
        for number, other in enumerate(others, start=1):
            differences = [
                f"{name} is {value} on host 0, but {other[name]} on host {number}"
                for name, value in first.items()
                if other[name] != value
            ]
            if differences:
                raise AbnormalError(f"The hosts do not agree: {'; '.join(differences)}. {advice}")

    def demand_shared(self, folder: Path) -> None:
        """Makes sure that all hosts see the same folder.

        Raises:
            AbnormalError: On all hosts, with those that do not.
        """
        if self.count == 1:
            return
        token = folder / self.gather(f".seen-{secrets.token_hex(8)}")[0]
        if self.is_first:
            make_folder(folder)
            token.touch()
        self.largest(0)  # it is there
        seen = self.gather(_appears(token))
        if self.is_first:
            token.unlink()
        blind = [f"host {number}" for number, sees in enumerate(seen) if not sees]
        if blind:
            raise AbnormalError(
                f"{', '.join(blind)} cannot see what host 0 writes into {folder}. All hosts go on "
                "from the checkpoints there: name a folder that all of them mount with "
                "--checkpoints."
            )

    def _gathered(self, array: np.ndarray) -> np.ndarray:
        """`(hosts, *shape)`."""
        if self.count == 1:
            return array[None]
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(array))


ALONE = Hosts()


@contextlib.contextmanager
def joined(meeting: Meeting) -> Iterator[Hosts]:
    """Joins the other hosts for the length of the block, and waits for them at its end.

    Raises:
        AbnormalError: The backend cannot, the hosts do not find one another, or one is lost.
    """
    if keras.backend.backend() != "jax":
        raise AbnormalError(
            "--distribute hosts needs the JAX backend: Keras cannot train on several hosts with "
            f"{keras.backend.backend()} (keras-team/keras#20585). On each host: "
            "`pip install 'abnormal[jax]'`, then put KERAS_BACKEND=jax before the same command: "
            "`KERAS_BACKEND=jax python train_model.py --distribute hosts ...`."
        )
    with keep_native_output() as log, last_words(f"train_model.py: {_lost(log)}"):
        hosts = _join(meeting)
        try:
            yield hosts
        except Stopped:
            _leave()  # all have agreed on it
            log.unlink()
            raise
        except BaseException as error:
            lost = _is_loss(error)
            _break_off(hosts, MENDABLE if lost else _exit_code_of(error))
            if lost:
                raise AbnormalError(_lost(log)) from error
            log.unlink()
            raise
        _leave()
        log.unlink()


def _join(meeting: Meeting) -> Hosts:
    import jax

    try:
        jax.distributed.initialize(
            meeting.coordinator,
            meeting.hosts,
            meeting.index,
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
    return Hosts(jax.process_index(), jax.process_count())


def _leave() -> None:
    """Waits until all hosts leave."""
    import jax

    jax.distributed.shutdown()


def _break_off(hosts: Hosts, exit_code: int) -> None:
    """Lets this process end without waiting for the others as JAX would at the exit.

    That it has gone tells them.
    """

    def end() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        time.sleep(LINGER_SEC if hosts.is_first else 0)
        os._exit(exit_code)

    atexit.register(end)


def _exit_code_of(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return MENDABLE if isinstance(error, AbnormalError) else BUG


def _is_loss(error: BaseException) -> bool:
    """Whether a computation failed because another host has gone, as each transport says it."""
    signs = ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "Socket closed", "heartbeat")
    return not isinstance(error, AbnormalError) and any(sign in str(error) for sign in signs)


def _lost(log: Path) -> str:
    return (
        "Another host has died, or cannot be reached any more; what it said last tells why. "
        f"{GO_ON} (What JAX said: {log})"
    )


def _appears(path: Path) -> bool:
    """Whether a file is seen, now or when a mounted folder has been brought up to date."""
    until = time.monotonic() + SIGHT_SEC
    while not path.exists():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
