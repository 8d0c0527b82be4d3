"""Where the time of the default network goes: each layer alone, as Keras has it and in its form.

    python benchmarks/layers.py

Milliseconds a frame, the best of several turns; the copy of the outputs out of Keras is included.
"""

import numpy as np
from speed import CLIPS, LENGTH, new_network, timed

TURNS = 8


def main() -> None:
    """Prints a line per layer."""
    from abnormal.models.backend import start_backend

    start_backend()
    import keras

    from abnormal.models.fast import FastNetwork

    print(f"{'layer':<12}{'stock':>8}{'fast':>8}")
    for layer in new_network().layers:
        shape = layer.input.shape[1:]
        stock = keras.Sequential([keras.Input(shape), layer])
        fast = FastNetwork(stock)
        inputs = np.random.default_rng(0).random((CLIPS, *shape), np.float32)
        pair = stock.predict_on_batch, fast.predict_on_batch
        for work in pair:  # compiles
            work(inputs)
        seconds = [[timed(work, inputs) for work in pair] for _ in range(TURNS)]
        best = 1000 * np.min(seconds, axis=0) / (CLIPS * LENGTH)
        print(f"{layer.name:<12}{best[0]:>8.2f}{best[1]:>8.2f}")


if __name__ == "__main__":
    main()
