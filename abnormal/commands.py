"""The commands of this package as they are typed here, for usage lines and for advice.

From a checkout that is `python test_model.py`, where the package is installed `abnormal-test`, and
`python -m abnormal test` for those who began like that. Nothing heavy is imported here.
"""

import sys
from pathlib import Path

SCRIPTS = {"preprocess": "preprocess.py", "train": "train_model.py", "test": "test_model.py"}
"""The programs by name, with their scripts in a checkout."""

CHECKOUT = Path(__file__).parent.parent
"""The folder that the package is in, which in a checkout has the scripts, too."""


def program_name(name: str) -> str:
    """What a program calls itself in its usage line and before its error messages.

    Args:
        name: A name in `SCRIPTS`.
    """
    called = Path(sys.argv[0])
    if called.name == "__main__.py" and called.parent.name == "abnormal":
        return f"python -m abnormal {name}"
    if called.stem in {f"abnormal-{known}" for known in SCRIPTS} or not _is_checkout():
        return f"abnormal-{name}"
    return SCRIPTS[name]


def command(name: str) -> str:
    """The command that starts a program, without options.

    Args:
        name: A name in `SCRIPTS`.
    """
    called = program_name(name)
    return f"python {called}" if called == SCRIPTS[name] else called


def install_command(extra: str) -> str:
    """The command that installs what an option needs.

    Args:
        extra: A name in `[options.extras_require]` of `setup.cfg`.
    """
    where = "." if _is_checkout() else _distribution()
    return f"pip install '{where}[{extra}]'"


def _is_checkout() -> bool:
    return (CHECKOUT / "setup.cfg").is_file() and (CHECKOUT / SCRIPTS["train"]).is_file()


def _distribution() -> str:
    """What pip calls this package: on PyPI `abnormal` is another one."""
    import importlib.metadata  # takes longer than all else here

    installed = importlib.metadata.packages_distributions().get("abnormal")
    return installed[0] if installed else "abnormal-video"
