"""What saving checkpoints costs, as a share of the training time.

    python benchmarks/checkpoint_cost.py

Trains the default network on drawn frames for some batches, saves a checkpoint after each, and
compares the two in the same run: at one save in 600 seconds, the share is seconds per save / 600.
"""

import statistics
import tempfile
import time
from pathlib import Path

from abnormal.models.backend import start_backend

start_backend()

import keras  # noqa: E402
import numpy as np  # noqa: E402

from abnormal.models.networks import NETWORKS  # noqa: E402
from abnormal.training.checkpoints import Checkpoint, save_checkpoint  # noqa: E402
from abnormal.training.state import capture  # noqa: E402

EVERY_SEC = 600
BATCHES = 10


def main() -> None:
    """Measures how long saving takes beside training, and prints it."""
    network = NETWORKS["spatiotemporal"](10, 227)
    network.compile(keras.optimizers.Adam(), "mse")
    clips = np.random.default_rng(0).random((4, 10, 227, 227, 1), np.float32)
    network.train_on_batch(clips, clips)
    trains, saves = [], []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        for batch in range(BATCHES):
            started = time.perf_counter()
            network.train_on_batch(clips, clips)
            trained = time.perf_counter()
            best = {f"best.{n:04d}": array for n, array in enumerate(network.get_weights())}
            save_checkpoint(Path(folder), Checkpoint(0, batch, {}, capture(network) | best), 5)
            trains.append(trained - started)
            saves.append(time.perf_counter() - trained)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*")) / 5e6
    save, train = statistics.median(saves), statistics.median(trains)
    print(f"a batch of 4 clips trains in {train:.2f} s")
    print(f"a checkpoint of {size:.1f} MB is saved in {save:.3f} s")
    print(f"at one in {EVERY_SEC} s: {100 * save / EVERY_SEC:.3f} % of the training time")


if __name__ == "__main__":
    main()
