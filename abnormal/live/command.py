"""A program of the user's is started for each state of an event, beside the scoring."""

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable

from abnormal.errors import AbnormalError
from abnormal.live.event import LiveEvent

TIMEOUT_SEC = 10.0
MOST_WAITING = 1000


class AlarmCommand(threading.Thread):
    """Starts the program, one event after the other."""

    def __init__(
        self, program: str, say: Callable[[str], None], timeout_sec: float = TIMEOUT_SEC
    ) -> None:
        """Makes the thread; `start` starts it.

        Args:
            program: Its path, or its name where it is on the path; it has no arguments.
            say: Tells a person something.
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
        self._program, self._say, self._timeout_sec = found, say, timeout_sec
        self._events: queue.Queue[LiveEvent | None] = queue.Queue(MOST_WAITING)

    def __call__(self, event: LiveEvent) -> None:
        """Leaves a state of an event to the program; it never waits."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            self._say(f"warning: {self._program} is too slow: it does not get {event.id}")

    def stop(self, timeout_sec: float) -> None:
        """Ends it when all events were given; what is left then is said.

        Args:
            timeout_sec: How long to wait for that.
        """
        with contextlib.suppress(queue.Full):
            self._events.put(None, timeout=timeout_sec)
        self.join(timeout_sec)
        if self.is_alive():
            self._say(f"warning: {self._program} is too slow: it does not get the last events")

    def run(self) -> None:
        """Gives events as they come."""
        while event := self._events.get():
            try:
                self._give(event)
            except OSError as error:
                self._say(f"warning: {self._program} could not be started ({error.strerror})")

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
            self._say(f"warning: {self._program} took more than {self._timeout_sec:g} s: killed")
            return
        if process.returncode:
            self._say(f"warning: {self._program} ended with {process.returncode} at {event.id}")
