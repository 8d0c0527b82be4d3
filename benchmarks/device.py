"""Whether a device, such as a graphics card, computes the same as a processor, and how fast.

    python benchmarks/device.py --img runs/ped2/img --output processor
    KERAS_BACKEND=jax python benchmarks/device.py --img runs/ped2/img --expected processor

The second command runs on the device; without `--expected` nothing is compared. First the speed is
measured against stock Keras and PyTorch (`benchmarks/speed.py`). Then the default network is
trained for one epoch, with Keras on whatever it finds. It has other weights than that of the
processor, because each backend draws its own first weights. Therefore it is the model of the
processor that tests the test videos on the device, where the frame AUC of each score has to be that
of the processor to within half a point. All of it is printed as tables in Markdown. UCSD Ped2 takes
less than five minutes on a graphics card.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from abnormal.tasks.cores import available_cores, processor_name  # noqa: E402
from benchmarks.speed import ROWS  # noqa: E402

TOLERANCE = 0.005
"""Largest difference of a frame AUC that counts as the same."""
NOT_HERE = (  # they are for processors alone
    "score, openvino",
    "score, openvino-bfloat16",
    "train, float32, untuned",
    "train, bfloat16, untuned",
)
PROTOCOL = "micro_raw"
ENV = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
"""Of other programs, which find the package where this one does."""
CLIPS = 32
"""Of a batch on an accelerator; a processor has the default of `speed.py`."""


def main() -> int:
    """Prints the tables; 1 if a score differs from the expected one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--img", type=Path, default=Path("img"))
    parser.add_argument("--output", type=Path, default=Path("device"))
    parser.add_argument("--expected", type=Path, help="folder of an earlier run, to compare with")
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--turns", type=int, default=8)
    args = parser.parse_args()
    name, is_accelerator = device()
    print(f"**{name}**, Keras on {os.environ.get('KERAS_BACKEND', 'tensorflow')}\n")
    print(speeds(args.turns, ["--clips", str(CLIPS)] if is_accelerator else []))
    found = aucs(args, train_here(args))
    expected = read_aucs(args.expected) if args.expected else found
    print("\n| score | frame AUC | expected | difference |\n|---|---|---|---|")
    for score, auc in found.items():
        difference = auc - expected[score]
        print(f"| `{score}` | {auc:.2%} | {expected[score]:.2%} | {100 * difference:+.2f} |")
    wrong = [score for score, auc in found.items() if abs(auc - expected[score]) > TOLERANCE]
    if wrong:
        print(f"\nFAILED: {', '.join(wrong)} differ by more than {100 * TOLERANCE} points")
    return int(bool(wrong))


def device() -> tuple[str, bool]:
    """Returns what Keras computes on, and whether that is a graphics card or the like."""
    script = (
        "from abnormal.models.backend import has_accelerator, start_backend; start_backend();"
        "print(int(has_accelerator()))"
    )
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    if not int(said):
        return f"{processor_name()}, {available_cores()} cores", False
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        names = subprocess.run(query, check=True, stdout=subprocess.PIPE, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "an accelerator", True
    return " and ".join(names.split("\n")[:-1]), True


def speeds(turns: int, options: list[str]) -> str:
    """Returns the speed of each way to compute here, as a table."""
    head = "| frames a second | stock Keras | this | ratio | middle half | best turns |"
    lines = [head, "|---|---|---|---|---|---|"]
    for row, (package, _) in ROWS.items():
        if row in NOT_HERE or importlib.util.find_spec(package) is None:
            continue
        command = [sys.executable, "benchmarks/speed.py", "--row", row, "--turns", str(turns)]
        done = subprocess.run(
            [*command, *options], check=False, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENV
        )
        if done.returncode:
            lines.append(f"| {row} | failed with {done.returncode} | | | | |")
            continue
        stock, this, ratio, low, _, high, best = done.stdout.split()
        lines.append(f"| {row} | {stock} | {this} | {ratio} | {low} - {high} | {best} |")
    return "\n".join(lines)


def train_here(args: argparse.Namespace) -> Path:
    """Trains for an epoch, says how long it took and with which loss, and returns the model."""
    model = args.output.absolute() / "model.h5"
    run("train_model.py", "--img", args.img.absolute(), "--output", model, *("--epochs", 1),
        *("--strides", 1, "--precision", args.precision, "--restart"))  # fmt: skip
    print("\n| model | loss | of held-out footage |\n|---|---|---|")
    for folder in filter(None, (args.expected, args.output)):
        _, loss, held_out = (folder / "model.losses.csv").read_text().split()[-1].split(",")
        print(f"| {folder} | {float(loss):.5f} | {float(held_out):.5f} |", flush=True)
    return model


def aucs(args: argparse.Namespace, trained: Path) -> dict[str, float]:
    """Tests here, says how long it took, and returns the AUC of each score."""
    model = args.expected.absolute() / "model.h5" if args.expected else trained
    run("test_model.py", "--img", args.img.absolute(), "--model", model, "--output",
        args.output.absolute() / "results", "--no-figures", "--runtime", "keras")  # fmt: skip
    return read_aucs(args.output)


def run(program: str, *options: object) -> None:
    """Runs a program of this project, and prints how long it took."""
    started = time.perf_counter()
    command = [sys.executable, str(ROOT / program), *map(str, options)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(f"\n`{program}`: {time.perf_counter() - started:.0f} s", flush=True)


def read_aucs(folder: Path) -> dict[str, float]:
    """Reads the frame AUC of each score that an earlier run has found."""
    (metrics,) = json.loads((folder / "results" / "metrics.json").read_text()).values()
    scores = metrics["scores"]
    return {name: of[PROTOCOL]["auc"] for name, of in scores.items() if PROTOCOL in of}


if __name__ == "__main__":
    sys.exit(main())
