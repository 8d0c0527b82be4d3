"""What the three programs share: their name and version, exit codes, and types of arguments."""

import argparse
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from abnormal.cli.conflicts import Conflict, require_no_conflict
from abnormal.cli.messages import LOG_FORMATS, show_messages
from abnormal.cli.streams import StdoutClosedError, safe_streams
from abnormal.commands import program_name
from abnormal.errors import (
    EXIT_BUG,
    EXIT_ERROR,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    NO_BUGS,
    AbnormalError,
    Stopped,
    UsageError,
    bug_text,
    no_bug_text,
    write_bug_log,
)
from abnormal.names import LARGEST_SIZE
from abnormal.urls import remember_secrets, without_secrets
from abnormal.version import __version__

log = logging.getLogger(__name__)


def make_parser(name: str, **options: Any) -> argparse.ArgumentParser:
    """Returns a parser that shows the name under which the program was called, and its version.

    Args:
        name: A name in `abnormal.commands.SCRIPTS`.
        **options: Further arguments of `argparse.ArgumentParser`.
    """
    parser = argparse.ArgumentParser(prog=program_name(name), **options)
    parser.add_argument("--version", action="version", version=f"abnormal {__version__}")
    parser.add_argument("--verbose", action="store_true", help="also name what is passed over")
    parser.add_argument(
        "--log-format",
        choices=LOG_FORMATS,
        default=LOG_FORMATS[0],
        help="format of messages on stderr: json has an object in each line (default: text)",
    )
    return parser


def run_program(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], int],
    argv: Sequence[str] | None,
    conflicts: Sequence[Conflict] = (),
) -> int:
    """Parses the command line, does the work, and turns errors into messages and exit codes.

    Args:
        parser: The parser of the command line.
        work: Does the work of the program with the parsed arguments, and returns an exit code.
        argv: The arguments; None to take those of this process.
        conflicts: Options that are refused because they have no effect beside others.

    Returns:
        The exit code of `work`; or 1 for an error that the user can mend, among them a stdout that
        cannot be written, 2 for options without effect, 3 for a bug, 130 after Ctrl-C, and 143 if
        SIGTERM has stopped the work in good order.
    """
    for argument in sys.argv[1:] if argv is None else argv:
        remember_secrets(argument)
    with safe_streams() as stdout:
        try:
            code = _run(parser, work, argv, conflicts)
            stdout.flush()
        except StdoutClosedError:  # `| head` has seen enough
            code = 0
        stdout.finish()
        return EXIT_ERROR if stdout.is_broken and code == 0 else code


def _run(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], int],
    argv: Sequence[str] | None,
    conflicts: Sequence[Conflict],
) -> int:
    given = " ".join(sys.argv[1:] if argv is None else argv)
    show_messages(as_json=bool(re.search(r"--log-format[= ]json\b", given)))  # also usage errors
    args = parser.parse_args(argv)
    show_messages(args.verbose, args.log_format == "json")
    try:
        _require_posix()
        require_no_conflict(parser, args, conflicts)
        return work(args)
    except AbnormalError as error:
        _show_traceback()
        log.error("%s: %s", parser.prog, error)
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_ERROR
    except Stopped as stopped:
        log.error("%s: %s", parser.prog, stopped)
        return stopped.exit_code
    except KeyboardInterrupt:
        log.error("%s: interrupted", parser.prog)
        return EXIT_INTERRUPTED
    except StdoutClosedError:
        raise
    except Exception as error:
        _show_traceback()
        if isinstance(error, ModuleNotFoundError) and _is_package(error.name or ""):
            log.error(
                "%s: %s is not installed for this Python (%s). Install it (the project's own with "
                "`pip install .`), or call the Python that has it.",
                *(parser.prog, error.name, sys.executable),
            )
            return EXIT_ERROR
        if isinstance(error, OSError) and error.errno in NO_BUGS:
            log.error("%s: %s", parser.prog, no_bug_text(error))
            return EXIT_ERROR
        log.error(
            "%s: %s. Details are in %s", parser.prog, bug_text(error), _write_log(), exc_info=True
        )
        return EXIT_BUG


def _is_package(module: str) -> bool:
    """Whether a module that is missing is another whole package, and not a part of one."""
    return module not in ("", "abnormal") and "." not in module


def _require_posix() -> None:
    if os.name != "posix":
        raise AbnormalError(
            f"This program runs on Linux and macOS, but this is {sys.platform}. On Windows, run it "
            "in the Windows Subsystem for Linux: see https://learn.microsoft.com/windows/wsl."
        )


def _show_traceback() -> None:
    if os.environ.get("ABNORMAL_DEBUG"):
        import traceback

        traceback.print_exc()


def _write_log() -> Path:
    """Writes the details of the current exception to a file, without passwords in addresses."""
    import traceback  # imported here, because `--help` would take twice as long

    text = f"command: {sys.argv}\npython: {sys.version}\n\n{traceback.format_exc()}"
    return write_bug_log(without_secrets(text))


def positive_int(text: str) -> int:
    """Converts an argument to a whole number of at least 1.

    Raises:
        ValueError: It is not such a number.
    """
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def frame_size(text: str) -> int:
    """Converts an argument to the height and width of a frame, in pixels.

    Raises:
        argparse.ArgumentTypeError: It is no such number; the message says what is expected.
    """
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_SIZE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size. Expected: one whole number of at least 1 and at most "
            f"{LARGEST_SIZE} pixels, such as 227. Frames are square whatever the video is"
        )
    return int(text)


def finite_float(text: str) -> float:
    """Converts an argument to a finite number.

    Raises:
        ValueError: It is not such a number.
    """
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def positive_float(text: str) -> float:
    """Converts an argument to a finite number above 0.

    Raises:
        ValueError: It is not such a number.
    """
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def zero_or_more(text: str) -> float:
    """Converts an argument to a finite number of at least 0.

    Raises:
        ValueError: It is not such a number.
    """
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError
    return value


def seed(text: str) -> int:
    """Converts an argument to a seed, which is a whole number from 0 to 2**32 - 1.

    Raises:
        ValueError: It is not such a number.
    """
    value = int(text)
    if not 0 <= value < 2**32:
        raise ValueError
    return value


def share(text: str) -> float:
    """Converts an argument to a fraction that is at least 0 and less than 1.

    Raises:
        ValueError: It is not such a number.
    """
    value = float(text)
    if not 0 <= value < 1:
        raise ValueError
    return value


# argparse puts these names into its messages: "invalid whole number of at least 1 value: '0'".
positive_int.__name__ = "whole number of at least 1"
seed.__name__ = "seed (0 to 4294967295)"
finite_float.__name__ = "finite number"
positive_float.__name__ = "number above 0"
zero_or_more.__name__ = "number of at least 0"
share.__name__ = "share (at least 0, less than 1)"
