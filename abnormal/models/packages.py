"""Optional packages: whether they are installed, and how OpenVINO is imported."""

import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import cast

from abnormal.commands import install_command
from abnormal.errors import AbnormalError


def require_packages(packages: Sequence[str], extra: str, wanted: str) -> None:
    """Makes sure that packages are installed, without importing them.

    Args:
        packages: Names of the packages.
        extra: The optional dependency group with these packages.
        wanted: The command line option that needs them, for the message.

    Raises:
        AbnormalError: A package is missing.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise AbnormalError(
            f"{wanted} needs {', '.join(missing)}. Install with `{install_command(extra)}`."
        )


def import_openvino() -> ModuleType:
    """Imports OpenVINO with its telemetry, which reports its use over the network, disabled."""
    # Python treats a module that is None as not installed.
    sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))
    import openvino

    return openvino
