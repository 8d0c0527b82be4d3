"""How fast the default network scores and trains, against stock Keras.

    python benchmarks/speed.py

Each row is a process of its own in which stock Keras and the other take turns, batch by batch, so
that whatever else the machine does meets both. Shown are the medians in frames a second, and the
median of the ratios of each turn with the range of the middle half of them. On a machine with
other work to do, the ratio of the best turns is nearest to what an idle one shows. What is not
installed (OpenVINO, PyTorch) is left out. Keras and PyTorch compute on a graphics card if there is
one; a larger `--clips` keeps it busy.
"""

import argparse
import importlib.util
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from abnormal.tasks.cores import available_cores, processor_name

LENGTH, SIZE = 10, 227
CLIPS = 4
"""Of a batch, unless the command says otherwise."""

Work = Callable[[np.ndarray], Any]


def main() -> int:
    """Prints the table, or one row of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--clips", type=int, default=CLIPS, help="clips of a batch")
    parser.add_argument("--row", choices=ROWS, help="only this one, in this process")
    args = parser.parse_args()
    if args.row:
        print(measured(args.row, args.turns, args.clips))
        return 0
    print(f"{processor_name()}, {available_cores()} cores, Python {platform.python_version()}")
    print(f"clips of {LENGTH} frames of {SIZE}x{SIZE}, {args.clips} a batch; frames a second")
    print(f"{'':<26}{'stock Keras':>12}{'this':>8}{'ratio':>8}   {'middle half':<14}best turns")
    for row, (package, _) in ROWS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{row:<26}{package} is not installed")
            continue
        command = [sys.executable, __file__, "--row", row]
        command += ["--turns", str(args.turns), "--clips", str(args.clips)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        print(f"{row:<26}{done.stdout}", end="", flush=True)
    return 0


def measured(row: str, turns: int, count: int) -> str:
    """The figures of a row."""
    from abnormal.models.backend import start_backend

    start_backend()
    clips = np.random.default_rng(0).random((count, LENGTH, SIZE, SIZE, 1), np.float32)
    pair = ROWS[row][1]()
    for work in pair:  # compiles
        work(clips)
        work(clips)
    seconds = np.array([[timed(work, clips) for work in pair] for _ in range(turns)])
    stock, this = count * LENGTH / np.median(seconds, axis=0)
    low, ratio, high = np.quantile(seconds[:, 0] / seconds[:, 1], (0.25, 0.5, 0.75))
    best = np.divide(*seconds.min(axis=0))
    return f"{stock:>12.1f}{this:>8.1f}{ratio:>8.2f}   {low:.2f} - {high:.2f}   {best:.2f}"


def timed(work: Work, clips: np.ndarray) -> float:
    """Seconds that a batch takes."""
    started = time.perf_counter()
    work(clips)
    return time.perf_counter() - started


def scoring(runtime: str) -> tuple[Work, Work]:
    """Stock Keras and a runtime, with the same weights."""
    from abnormal.inference.runtimes import RUNTIMES
    from abnormal.models.lazy_network import lazy

    network = new_network()
    return network.predict_on_batch, RUNTIMES[runtime](lazy(network))


def scoring_by_xla() -> tuple[Work, Work]:
    """Stock Keras and the fast form compiled by XLA, which the program does not do."""
    from abnormal.models.fast import FastNetwork

    network = new_network()
    fast = FastNetwork(network, compiled=True)
    fast.compile(jit_compile=True)
    return network.predict_on_batch, fast.predict_on_batch


def training(precision: str, tune: str = "on") -> tuple[Work, Work]:
    """Stock Keras and the fast form, each with weights of its own."""
    from abnormal.models.fast import FastNetwork
    from abnormal.training.devices import ONE_DEVICE
    from abnormal.training.forms import choose_fastest

    fast = FastNetwork(new_network(), precision)
    choose_fastest(fast, CLIPS, tune, ONE_DEVICE)
    return training_step(new_network()), training_step(fast)


def twin(kind: str) -> tuple[Work, Work]:
    """Stock Keras and PyTorch."""
    import torch_twin

    network, runs = new_network(), torch_twin.TorchRuns()
    if kind == "score":
        return network.predict_on_batch, runs.score
    return training_step(network), runs.train


def training_step(network: Any) -> Work:
    """What trains a network by one batch."""
    import keras

    network.compile(keras.optimizers.Adam(), "mse")
    return lambda clips: network.train_on_batch(clips, clips)


def new_network() -> Any:
    """The default network, untrained."""
    from abnormal.models.networks import NETWORKS

    return NETWORKS["spatiotemporal"](LENGTH, SIZE)


# Name: what has to be installed, and what makes the pair.
ROWS: dict[str, tuple[str, Callable[[], tuple[Work, Work]]]] = {
    "score, keras": ("keras", lambda: scoring("keras")),
    "score, keras by XLA": ("keras", scoring_by_xla),
    "score, openvino": ("openvino", lambda: scoring("openvino")),
    "score, openvino-bfloat16": ("openvino", lambda: scoring("openvino-bfloat16")),
    "score, PyTorch": ("torch", lambda: twin("score")),
    "train, float32": ("keras", lambda: training("float32")),
    "train, float32, untuned": ("keras", lambda: training("float32", "off")),
    "train, mixed_bfloat16": ("keras", lambda: training("mixed_bfloat16")),
    "train, bfloat16, untuned": ("keras", lambda: training("mixed_bfloat16", "off")),
    "train, PyTorch": ("torch", lambda: twin("train")),
}


if __name__ == "__main__":
    sys.exit(main())
