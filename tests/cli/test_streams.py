import contextlib
import io
import logging
import subprocess
import sys

import pytest

from abnormal.cli.program import make_parser, run_program
from abnormal.cli.streams import StdoutClosedError, safe_streams
from abnormal.errors import AbnormalError
from abnormal.urls import remember_secrets


class Disk(io.StringIO):
    """A stream on a disk that may be full."""

    error: OSError | None = None

    def write(self, text):
        if self.error:
            raise self.error
        return super().write(text)


@pytest.fixture
def disks():
    return {"stdout": Disk(), "stderr": Disk()}


@contextlib.contextmanager
def redirected(disks):
    with (
        contextlib.redirect_stdout(disks["stdout"]),
        contextlib.redirect_stderr(disks["stderr"]),
    ):
        yield


def run(disks, work, *argv):
    parser = make_parser("test")
    parser.add_argument("--source")
    with redirected(disks):
        return run_program(parser, work, argv)


def test_a_full_disk_under_stdout_is_said_once_and_the_work_is_done(disks):
    disks["stdout"].error = OSError(28, "No space left on device")
    done = []

    def work(args):
        for number in range(3):
            sys.stdout.write(f"{number}\n")
            done.append(number)
        return 0

    assert run(disks, work) == 1
    assert done == [0, 1, 2]
    said = disks["stderr"].getvalue()
    assert said == "stdout cannot be written (No space left on device); the work goes on\n"


def test_a_full_disk_under_stderr_changes_nothing(disks):
    disks["stderr"].error = OSError(28, "No space left on device")

    def work(args):
        logging.getLogger("abnormal").warning("nobody reads this")
        sys.stdout.write("done\n")
        return 0

    assert run(disks, work) == 0
    assert disks["stdout"].getvalue() == "done\n"


def test_it_ends_well_when_nobody_reads_stdout_any_more(disks):
    disks["stdout"].error = BrokenPipeError()
    assert run(disks, lambda args: sys.stdout.write("once")) == 0
    with redirected(disks), safe_streams(), pytest.raises(StdoutClosedError):
        sys.stdout.write("once")


def fail(error):
    raise error


@pytest.mark.parametrize(
    "work",
    [
        lambda args: fail(AbnormalError(f"{args.source} is gone")),
        lambda args: fail(KeyError(args.source)),
        lambda args: sys.stderr.write("hunter'2 is wrong"),
    ],
)
def test_no_secret_of_an_argument_gets_to_stderr(disks, work, monkeypatch):
    monkeypatch.setenv("ABNORMAL_DEBUG", "1")
    assert run(disks, work, "--source", "http://host/video?user=me&password=hunter'2") != 0
    assert "hunter" not in disks["stderr"].getvalue()


def test_no_secret_of_a_wrong_argument_is_shown(disks):
    with pytest.raises(SystemExit):
        run(disks, lambda args: 0, "--sauce=rtsp://me:hunter 2@host/a")
    assert "unrecognized arguments: --sauce=rtsp://host" in disks["stderr"].getvalue()
    assert "hunter" not in disks["stderr"].getvalue()


def test_a_secret_that_is_learned_later_is_hidden_too(disks):
    with redirected(disks), safe_streams():
        remember_secrets("rtsp://me:pass word@host")
        sys.stderr.write("pass word\n")
    assert disks["stderr"].getvalue() == "***\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_stream_that_is_closed_from_the_start_is_no_bug(closed):
    code = "from abnormal.cli.program import *; print(run_program(make_parser('test'), work, []))"
    code = (
        f"import logging, sys\ndef work(args):\n print(1); sys.stderr.write('2'); return 7\n{code}"
    )
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, code],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert "Traceback" not in done.stdout + done.stderr
