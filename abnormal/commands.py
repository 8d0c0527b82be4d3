"""The commands of this package as users type them, for usage lines and advice in messages.

In a checkout the command is `python test_model.py`, in an installed package `abnormal-test`, and
`python -m abnormal test` if the program was started in that way. No heavy module is imported here.
"""

import sys
from pathlib import Path

SCRIPTS = {"preprocess": "preprocess.py", "train": "train_model.py", "test": "test_model.py"}
"""Maps the name of each program to its script in a checkout."""

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

    Args:
        name: A key of `SCRIPTS`.
    """
    called = program_name(name)
    return f"python {called}" if called == SCRIPTS[name] else called


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
