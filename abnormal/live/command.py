"""Starts a program of the user's for each state of an event, beside the scoring."""

import contextlib
import logging
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator

from abnormal.errors import AbnormalError
from abnormal.live.event import LiveEvent, SendEvent

TIMEOUT_SEC = 10.0
"""The program is killed if it takes longer than this for an event, in seconds."""
STOP_SEC = 20.0
"""How long the program may take for the last events, in seconds."""
MOST_WAITING = 1000
"""So many states of events may wait for the program."""

log = logging.getLogger(__name__)


@contextlib.contextmanager
def open_command(program: str) -> Iterator[SendEvent]:
    """Passes events to a program for the length of a `with` block.

    Args:
        program: Path of the program, or its name if it is on the search path; without arguments.

    Raises:
        AbnormalError: There is no such program.
    """
    command = AlarmCommand(program)
    command.start()
    try:
        yield command
    finally:
        command.stop(STOP_SEC)


class AlarmCommand(threading.Thread):
    """A thread that starts the program for one event after the other."""

    def __init__(self, program: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        """Makes the thread, which `start` starts.

        Args:
            program: Path of the program, or its name if it is on the search path; without
                arguments.
            timeout_sec: The program is killed if it takes longer than this, in seconds.

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
        """Queues a state of an event and returns at once; if the queue is full, logs a warning."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            log.warning("%s is too slow: it does not get %s", self._program, event.id)

    def stop(self, timeout_sec: float) -> None:
        """Ends the thread when all events have been passed on; if any are left, logs a warning.

        Args:
            timeout_sec: How long to wait for the last events, in seconds.
        """
        with contextlib.suppress(queue.Full):
            self._events.put(None, timeout=timeout_sec)
        self.join(timeout_sec)
        if self.is_alive():
            log.warning("%s is too slow: it does not get the last events", self._program)

    def run(self) -> None:
        """Passes events to the program until the thread is stopped."""
        while event := self._events.get():
            try:
                self._run_program(event)
            except Exception as error:  # the thread goes on, as nobody would notice its end
                reason = getattr(error, "strerror", None) or error
                log.warning("%s could not be started (%s)", self._program, reason)

    def _run_program(self, event: LiveEvent) -> None:
        process = subprocess.Popen(
            [self._program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # this program's stdout is for events
            start_new_session=True,  # its children can be killed with it; Ctrl-C does not reach it
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
