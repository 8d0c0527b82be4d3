"""Which forms of the layers of a network are fastest on this machine, and by how much.

    python benchmarks/layers.py
    python benchmarks/layers.py --arch stcae --clips 1

Each layer is timed alone, in each of its forms (abnormal/models/forms/) and as Keras has it, by the
code that `train_model.py` chooses by. Shown are the best of several turns in milliseconds a frame,
forward, and forward and backward. Forms that take far longer than the default one have fewer turns.
`*` is the form that would be chosen: the default, unless another is faster by a tenth in the median
and in the best of the turns.
"""

import argparse
import sys
import time
from typing import Any

from abnormal.models.defaults import ARCHITECTURES, SPATIOTEMPORAL
from abnormal.names import PRECISION_NAMES
from abnormal.tasks.cores import available_cores, processor_name


def main() -> int:
    """Prints the table, a row for each form of each layer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", choices=ARCHITECTURES, default=SPATIOTEMPORAL)
    parser.add_argument("--clips", type=int, default=4, help="of a batch")
    parser.add_argument(
        "--precision", choices=PRECISION_NAMES, nargs="+", default=PRECISION_NAMES[:2]
    )
    args = parser.parse_args()
    from abnormal.models.backend import make_deterministic, start_backend, versions

    start_backend()
    make_deterministic()  # as in training
    from abnormal.models.forms.measure import Setting
    from abnormal.models.networks import NETWORKS

    defaults = ARCHITECTURES[args.arch]
    stock = NETWORKS[args.arch](defaults.clip_length, defaults.size)
    known = ", ".join(f"{name} {version}" for name, version in versions().items())
    print(f"{processor_name()}, {available_cores()} cores; {known}")
    print(f"{args.arch}, {args.clips} clips of {defaults.clip_length} frames; milliseconds a frame")
    settings = [
        (precision, Setting(args.clips, training))
        for precision in args.precision
        for training in (False, True)
    ]
    titles = [f"{name}{' training' if each.training else ''}" for name, each in settings]
    print(f"{'layer':<12}{'form':<16}" + "".join(f"{title:>26}" for title in titles))
    for number in range(len(stock.layers)):
        print_layer(stock, number, settings)
    return 0


def print_layer(stock: Any, number: int, settings: list) -> None:
    """Prints the rows of a layer; none if it has a single form."""
    from abnormal.models.fast import FastNetwork
    from abnormal.models.forms.measure import fastest, form_steps, take_turns
    from abnormal.models.forms.table import NO_FORM, forms_of

    layer = stock.layers[number]
    forms = forms_of(layer)
    if len(forms) < 2:
        return
    columns = []
    for precision, setting in settings:
        network = FastNetwork(stock, precision, compiled=False)
        default = network.forms[number]
        steps = form_steps(network, number, setting, (*forms, NO_FORM))
        seconds = take_turns(steps, default, time.perf_counter)
        best = fastest({form: seconds[form] for form in forms}, default)
        frames = setting.clips * stock.input_shape[1]
        columns.append(
            {form: (1000 * min(s) / frames, form == best) for form, s in seconds.items()}
        )
    for form in (NO_FORM, *forms):
        cells = (
            f"{milliseconds:>24.2f}{' *'[chosen]} "
            for milliseconds, chosen in (c[form] for c in columns)
        )
        print(f"{layer.name:<12}{form or 'as in Keras':<16}" + "".join(cells), flush=True)


if __name__ == "__main__":
    sys.exit(main())
