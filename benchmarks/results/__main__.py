"""Makes the figures of docs/RESULTS.md: trains and tests models, and writes tables and plots.

    make results                                # everything, in a night on two cores
    python -m benchmarks.results --list         # the runs, how far they are and how long they take
    python -m benchmarks.results --runs ped2-cae ped2-0

Killed or interrupted, the same command goes on where it stopped. `RESULTS.md`, `roc.svg` and
`networks.svg` are written to `--output` after each run, and show what is missing. The videos of
Ped2 and of Avenue are looked for in `$ABNORMAL_DATA`, or in `../shared/data`.
"""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

from abnormal.errors import EXIT_INTERRUPTED, EXIT_TERMINATED
from benchmarks.results.plots import plot_networks, plot_rocs
from benchmarks.results.runs import ROOT, RUNS, do, figures, state
from benchmarks.results.tables import page


def main() -> int:
    """Does the runs that are not finished; returns the exit code of the last that failed, or 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS), metavar="NAME")
    parser.add_argument("--output", type=Path, default=ROOT / "results-runs")
    parser.add_argument("--list", action="store_true", help="only list the runs")
    args = parser.parse_args()
    output = args.output.absolute()
    if args.list:
        print(listed(args.runs, output))
        return 0
    failed = 0
    for name in args.runs:
        code = 0 if figures(name, output) else do(name, output, start)
        report(output)
        if code in (EXIT_INTERRUPTED, EXIT_TERMINATED):
            return code
        if code:
            print(f"{name} ended with {code}; the other runs go on", file=sys.stderr)
        failed = code or failed
    return failed


def listed(names: list[str], output: Path) -> str:
    """Returns a line for each run."""
    lines = [f"{'run':<18}{'state':<18}{'on two idle cores':>18}  options of train_model.py"]
    for name in names:
        run = RUNS[name]
        options = " ".join(run.training_options)
        lines.append(f"{name:<18}{state(name, output):<18}{run.hours:>16.1f} h  {options}")
    missing = sum(RUNS[name].hours for name in names if not figures(name, output))
    return "\n".join([*lines, f"{'what is missing':<36}{missing:>16.1f} h"])


def start(command: list[str]) -> int:
    """Runs a program to its end; Ctrl-C and SIGTERM let it write a checkpoint first."""
    print("$", *command[1:], flush=True)
    process = subprocess.Popen(command)
    signal.signal(signal.SIGINT, lambda *_: None)  # the terminal sends it to the program, too
    signal.signal(signal.SIGTERM, lambda number, _: process.send_signal(number))
    code = process.wait()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return code


def report(output: Path) -> None:
    """Writes tables and plots of the runs that are finished."""
    found = {name: figures(name, output) for name in RUNS}
    (output / "RESULTS.md").write_text(page(found), "utf-8")
    finished = {name: metrics for name, metrics in found.items() if metrics}
    plot_rocs(finished, output)
    plot_networks(finished, output)


if __name__ == "__main__":
    sys.exit(main())
