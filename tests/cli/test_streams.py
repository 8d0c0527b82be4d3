import contextlib
import io
import json
import logging
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from abnormal import errors
from abnormal.cli.program import make_parser, run_program
from abnormal.cli.streams import StdoutClosedError, safe_streams
from abnormal.commands import program_name
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


def log_of(disks, work, *argv):
    """The exit code of a program whose messages are JSON, and what it logs."""
    code = run(disks, work, "--log-format", "json", *argv)
    logged = [json.loads(line) for line in disks["stderr"].getvalue().splitlines()]
    assert all(re.fullmatch(r"2\d{3}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", one["time"]) for one in logged)
    return code, [{key: one[key] for key in one if key != "time"} for one in logged]


def test_each_message_is_a_json_object_with_level_and_logger(disks):
    def work(args):
        logging.getLogger("abnormal.live").info('says "%s"\nin two lines', "yes")
        logging.getLogger("abnormal").warning("careful")
        raise AbnormalError("there is no file")

    code, logged = log_of(disks, work)
    assert code == 1
    assert logged == [
        {"level": "INFO", "logger": "abnormal.live", "message": 'says "yes"\nin two lines'},
        {"level": "WARNING", "logger": "abnormal", "message": "careful"},
        {
            "level": "ERROR",
            "logger": "abnormal.cli.program",
            "message": f"{program_name('test')}: there is no file",
        },
    ]


def test_a_bug_is_one_json_object_with_its_traceback_and_without_secrets(disks):
    code, (logged,) = log_of(
        disks, lambda args: fail(KeyError(args.source)), "--source", "http://me:hunter'2@host/a"
    )
    assert code == 3
    assert "this is a bug: KeyError" in logged["message"]
    assert logged["traceback"].startswith("Traceback (most recent call last):\n")
    assert "hunter" not in json.dumps(logged)


@pytest.mark.parametrize(
    ("module", "code", "says"),
    [
        ("tqdm", 1, "tqdm is not installed for this Python"),
        ("abnormal.no", 3, "this is a bug"),
        ("keras.no", 3, "this is a bug"),
    ],
)
def test_a_package_that_is_not_installed_is_no_bug(disks, module, code, says):
    missing = ModuleNotFoundError(f"No module named {module!r}", name=module)
    found, (logged,) = log_of(disks, lambda args: fail(missing))
    assert found == code
    assert says in logged["message"]


def test_what_others_write_to_stderr_is_json_too(disks):
    def work(args):
        sys.stderr.write("first ha")
        sys.stderr.write('lf, "then" http://host/a?b"\nthe rest\n\n')
        assert not sys.stderr.isatty()
        return 0

    expected = [{"level": "WARNING", "logger": "stderr", "message": message} for message in
                ('first half, "then" http://host/a"', "the rest")]  # fmt: skip
    assert log_of(disks, work) == (0, expected)


def test_a_password_that_is_part_of_json_does_not_break_it(disks):
    def work(args):
        logging.getLogger("abnormal").info("the password message")
        return 0

    _, (logged,) = log_of(disks, work, "--source", "rtsp://me:message@host")
    assert logged["message"] == "the password ***"


def test_a_usage_error_is_json_too(disks):
    with pytest.raises(SystemExit):
        run(disks, lambda args: 0, "--log-format=json", "--sauce")
    lines = [json.loads(line)["message"] for line in disks["stderr"].getvalue().splitlines()]
    assert lines[-1].endswith("unrecognized arguments: --sauce")


def test_text_is_the_format_again_after_that(disks):
    log_of(disks, lambda args: 0)
    run(disks, lambda args: fail(AbnormalError("there is no file")))
    assert disks["stderr"].getvalue() == f"{program_name('test')}: there is no file\n"


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


def test_all_exit_codes_are_in_the_table_of_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "OUTPUT.md").read_text("utf-8")
    table = page.split("## Exit codes")[1].split("##")[0]
    rows = [int(row) for row in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert rows == sorted({0} | known)
    assert {128 + signal.SIGINT, 128 + signal.SIGTERM} <= known


def test_a_wrong_command_line_has_its_exit_code(disks):
    with pytest.raises(SystemExit) as ended:
        run(disks, lambda args: 0, "--sauce")
    assert ended.value.code == errors.EXIT_USAGE
