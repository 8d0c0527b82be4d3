"""What `train_model.py` does once its command line is understood."""

from collections.abc import Iterable
from functools import partial

from tqdm import tqdm

from abnormal.cli.program import say
from abnormal.cli.run_calibrate import open_counter
from abnormal.models.backend import replica_devices
from abnormal.report.losses import plot_losses
from abnormal.training.hosts import Hosts, joined
from abnormal.training.options import Meeting, TrainingOptions
from abnormal.training.run import Outcome, train


def run_training(options: TrainingOptions, distribute: str, meeting: Meeting) -> int:
    """Trains a model, draws its losses, and returns the exit code.

    Args:
        options: What to train.
        distribute: A name in `DISTRIBUTIONS`: on what.
        meeting: Where several hosts meet.
    """
    if distribute == "hosts":
        with joined(meeting) as hosts:
            outcome = _train(options, len(replica_devices()), hosts)
    else:
        outcome = _train(options, 1 if distribute == "none" else len(replica_devices()), Hosts())
    if outcome:
        _show(outcome, options)
    return 0


def _train(options: TrainingOptions, replicas: int, hosts: Hosts) -> Outcome | None:
    if hosts.is_first and replicas > 1:
        on = f" on {hosts.count} hosts" if hosts.count > 1 else ""
        say(f"{replicas} devices{on} share each batch")
        if options.batch_size % replicas:
            say(
                f"warning: {options.batch_size} is no multiple of {replicas}, so a part of the "
                "devices does nothing; choose another --batch-size"
            )
    return train(
        options,
        partial(_open_meter, shown=hosts.is_first),
        partial(_cache_progress, shown=hosts.is_first),
        say if hosts.is_first else _say_nothing,
        open_counter=open_counter,
        replicas=replicas,
        hosts=hosts,
    )


def _show(outcome: Outcome, options: TrainingOptions) -> None:
    plot = outcome.losses.with_suffix(".png")
    plot_losses({options.output.stem: outcome.info.history}, plot)
    epochs = len(outcome.info.history)
    why = ", stopped early" if outcome.stopped_early else ""
    print(f"model: {options.output} (epoch {outcome.best_epoch} of {epochs}{why})")
    print(f"losses: {outcome.losses}, {plot}")


def _open_meter(frames: int, done: int, shown: bool) -> tqdm:
    return tqdm(total=frames, initial=done, unit=" frames", smoothing=0.05, disable=not shown)


def _cache_progress(videos: Iterable[int], shown: bool) -> Iterable[int]:
    return tqdm(videos, unit="video", desc="frame cache", disable=not shown)


def _say_nothing(text: str) -> None:
    """What all hosts would say alike, host 0 says."""
