"""What `train_model.py` does once its command line is understood."""

from collections.abc import Iterable

from tqdm import tqdm

from abnormal.cli.program import say
from abnormal.cli.run_calibrate import open_counter
from abnormal.report.losses import plot_losses
from abnormal.training.options import TrainingOptions
from abnormal.training.run import train


def run_training(options: TrainingOptions) -> int:
    """Trains a model, draws its losses, and returns the exit code."""
    outcome = train(options, _open_meter, _cache_progress, say, open_counter=open_counter)
    plot = outcome.losses.with_suffix(".png")
    plot_losses({options.output.stem: outcome.info.history}, plot)
    epochs = len(outcome.info.history)
    why = ", stopped early" if outcome.stopped_early else ""
    print(f"model: {options.output} (epoch {outcome.best_epoch} of {epochs}{why})")
    print(f"losses: {outcome.losses}, {plot}")
    return 0


def _open_meter(frames: int, done: int) -> tqdm:
    return tqdm(total=frames, initial=done, unit=" frames", smoothing=0.05)


def _cache_progress(videos: Iterable[int]) -> Iterable[int]:
    return tqdm(videos, unit="video", desc="frame cache")
