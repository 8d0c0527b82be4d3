"""A program of the user's is started for each state of an event, beside the scoring."""

import contextlib
import logging
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.live.event import LiveEvent, Tell

TIMEOUT_SEC = 10.0
STOP_SEC = 20.0
"""How long the program may take for the last events."""
MOST_WAITING = 1000

log = logging.getLogger(__name__)


@contextlib.contextmanager
def open_command(program: str, output: Path) -> Iterator[Tell]:
    """Gives events to a program for the length of the block.

    Args:
        program: Its path, or its name where it is on the path; it has no arguments.
        output: The folder of results, which it does without.

    Raises:
        AbnormalError: There is no such program.
    """
    del output
    command = AlarmCommand(program)
    command.start()
    try:
        yield command
    finally:
        command.stop(STOP_SEC)


class AlarmCommand(threading.Thread):
    """Starts the program, one event after the other."""

    def __init__(self, program: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        """Makes the thread; `start` starts it.

        Args:
            program: Its path, or its name where it is on the path; it has no arguments.
            timeout_sec: What takes longer is killed.

        Raises:
            AbnormalError: There is no such program.
        """
        super().__init__(name="alarm-command", daemon=True)
        found = shutil.which(program)
        if not found:
            raise AbnormalError(
                f"--alarm-command {program} is no program. Expected: the path of an executable "
                "file, without arguments; it gets each event as JSON on stdin."
            )
        self._program, self._timeout_sec = found, timeout_sec
        self._events: queue.Queue[LiveEvent | None] = queue.Queue(MOST_WAITING)

    def __call__(self, event: LiveEvent) -> None:
        """Leaves a state of an event to the program; it never waits."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            log.warning("%s is too slow: it does not get %s", self._program, event.id)

    def stop(self, timeout_sec: float) -> None:
        """Ends it when all events were given; what is left then is said.

        Args:
            timeout_sec: How long to wait for that.
        """
        with contextlib.suppress(queue.Full):
            self._events.put(None, timeout=timeout_sec)
        self.join(timeout_sec)
        if self.is_alive():
            log.warning("%s is too slow: it does not get the last events", self._program)

    def run(self) -> None:
        """Gives events as they come."""
        while event := self._events.get():
            try:
                self._give(event)
            except OSError as error:
                log.warning("%s could not be started (%s)", self._program, error.strerror)

    def _give(self, event: LiveEvent) -> None:
        process = subprocess.Popen(
            [self._program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # stdout has the events
            start_new_session=True,  # so that its children end with it, and Ctrl-C is not for it
        )
        try:
            process.communicate((event.as_json() + "\n").encode(), self._timeout_sec)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            log.warning("%s took more than %g s: killed", self._program, self._timeout_sec)
            return
        if process.returncode:
            log.warning("%s ended with %d at %s", self._program, process.returncode, event.id)
