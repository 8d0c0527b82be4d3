"""Describes the checkpoints in a folder, for `train_model.py --status`."""

import time
from collections.abc import Iterator
from pathlib import Path

from abnormal.errors import AbnormalError
from abnormal.training.checkpoints import Checkpoint, list_checkpoints, load_checkpoint


def status_lines(folder: Path) -> Iterator[str]:
    """Yields a heading, and then a line for each checkpoint, oldest first.

    Args:
        folder: Folder of the checkpoints.

    Raises:
        AbnormalError: The folder has no checkpoint.
    """
    paths = list_checkpoints(folder)
    if not paths:
        raise AbnormalError(f"There is no checkpoint in {folder}. Choose one with --checkpoints.")
    yield f"{'checkpoint':<26} {'epochs':>6} {'batches':>8} {'loss':>10} {'age':>9} {'size':>9}"
    for path in paths:
        try:
            age_sec = time.time() - path.stat().st_mtime
            size_mb = sum(file.stat().st_size for file in path.iterdir()) / 1e6
            facts = _format_progress(load_checkpoint(path))
        except FileNotFoundError:  # a run has just replaced it
            continue
        except ValueError as error:
            facts = f"damaged: {error}"
        yield f"{path.name:<26} {facts} {_format_age(age_sec):>9} {size_mb:>6.1f} MB"


def _format_progress(checkpoint: Checkpoint) -> str:
    loss = checkpoint.state.get("running_loss")  # None before the first batch
    shown = "-" if loss is None else f"{loss:.5f}"
    return f"{checkpoint.epoch:>6} {checkpoint.batch:>8} {shown:>10}"


def _format_age(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
