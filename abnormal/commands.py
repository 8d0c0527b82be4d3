"""The commands of this package as users type them, for usage lines and advice in messages.

In a checkout the command is `python test_model.py`, in an installed package `abnormal-test`, and
`python -m abnormal test` if the program was started in that way. No heavy module is imported here.
"""

import shlex
import sys
from pathlib import Path

SCRIPTS = {"preprocess": "preprocess.py", "train": "train_model.py", "test": "test_model.py"}
"""Maps the name of each program to its script in a checkout."""

DEFAULT_MODEL, DEFAULT_IMG = Path("model.h5"), Path("img")
"""What the programs take for `--model` (of `train_model.py`, `--output`) and for `--img`."""

CHECKOUT = Path(__file__).parent.parent
"""The folder that contains the package. In a checkout it also contains the scripts."""


def program_name(name: str) -> str:
    """Returns the name of a program in its usage line and at the start of its error messages.

    Args:
        name: A key of `SCRIPTS`.
    """
    called = Path(sys.argv[0])
    if called.name == "__main__.py" and called.parent.name == "abnormal":
        return f"python -m abnormal {name}"
    if called.stem in {f"abnormal-{known}" for known in SCRIPTS} or not _is_checkout():
        return f"abnormal-{name}"
    return SCRIPTS[name]


def command(name: str) -> str:
    """Returns the command that starts a program, without options.

    A script that was called from another folder is named with its own.

    Args:
        name: A key of `SCRIPTS`.
    """
    called, script = program_name(name), Path(sys.argv[0])
    if called != SCRIPTS[name]:
        return called
    beside = script.with_name(called) if script.name in SCRIPTS.values() else Path(called)
    return f"python {shlex.quote(str(beside)) if beside.is_file() else called}"


def train_command(model: Path) -> str:
    """Returns the command that trains a model.

    Args:
        model: The model file.
    """
    return f"{command('train')}{_option('--output', model, DEFAULT_MODEL)}"


def calibrate_command(model: Path = Path(), camera: str = "") -> str:
    """Returns the command that calibrates a model again.

    Args:
        model: The model file. An empty path stands for one that is not known, in whose place the
            command has `MODEL`.
        camera: Name of the camera to calibrate; empty for all that the footage has.
    """
    output = _option("--output", "MODEL" if model == Path() else model, DEFAULT_MODEL)
    return f"{command('train')} --calibrate FOLDER{output}{_option('--camera', camera, '')}"


def preprocess_command(img: Path, split: str) -> str:
    """Returns the command that adds videos to a folder of frames.

    Args:
        img: The folder of frames.
        split: The split of the videos.
    """
    return (
        f"{command('preprocess')} --videos FOLDER --split {split}"
        f"{_option('--img', img, DEFAULT_IMG)}"
    )


def _option(name: str, value: str | Path, default: str | Path) -> str:
    """Returns an option as a shell takes it, with a space before it; nothing for the default."""
    return "" if value == default else f" {name} {shlex.quote(str(value))}"


def install_command(extra: str) -> str:
    """Returns the command that installs the optional dependencies of an option.

    Args:
        extra: A name in `[options.extras_require]` of `setup.cfg`.
    """
    package = "." if _is_checkout() else _distribution_name()
    return f"pip install '{package}[{extra}]'"


def _is_checkout() -> bool:
    return (CHECKOUT / "setup.cfg").is_file() and (CHECKOUT / SCRIPTS["train"]).is_file()


def _distribution_name() -> str:
    """Returns the name that pip knows this package by. On PyPI, `abnormal` is another project."""
    import importlib.metadata  # slower than everything else in this module

    installed = importlib.metadata.packages_distributions().get("abnormal")
    return installed[0] if installed else "abnormal-video"
