"""Real processes on the loopback address: together they learn what one learns, and one may die."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from abnormal.cli.train import main
from abnormal.models.model_file import load_model
from abnormal.training.checkpoints import list_checkpoints

ROOT = Path(__file__).parent.parent.parent
SMALL = ["--arch", "cae", "--size", "16", "--bottleneck", "8", "--epochs", "3", "--batch-size", "7"]
KEPT = 13  # checkpoints, one a batch: more than an epoch, less than two
LINE = "Another host has died, or cannot be reached any more"

pytest.importorskip("jax", reason="JAX is not installed")


@pytest.fixture(scope="module")
def img(tmp_path_factory, make_img):
    folder = tmp_path_factory.mktemp("footage") / "img"
    make_img(folder, {"training/01": 29, "training/02": 22, "training/03": 34})
    return folder


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def begin(program, hosts):
    """Starts a program on each of some hosts; `program` is from index and address to arguments."""
    address = f"127.0.0.1:{free_port()}"
    return [
        subprocess.Popen(
            [sys.executable, *map(str, program(index, address))],
            cwd=ROOT,
            env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(hosts)
    ]


def end(processes):
    """For each host its exit code, and the last line that it said."""
    said = [process.communicate()[1].strip().splitlines() for process in processes]
    return [
        (process.returncode, lines[-1] if lines else "")
        for process, lines in zip(processes, said, strict=True)
    ]


def training(img, folder, hosts, *more):
    """The command of each host."""

    def command(index, address):
        where = ["--coordinator", address, "--hosts", hosts, "--host-index", index]
        together = ["--distribute", "hosts", *where] if hosts > 1 else ["--distribute", "none"]
        files = ["--img", img, "--output", folder / "model.h5"]
        return [ROOT / "train_model.py", *files, *SMALL, *together, *more]

    return command


def weights_of(folder):
    return load_model(folder / "model.h5").network.get_weights()


@pytest.mark.timeout(900)  # eleven programs start, each with JAX
def test_two_learn_what_one_learns_until_one_dies_and_two_or_four_go_on(img, tmp_path):
    alone, left_alone, killed, four = (tmp_path / name for name in ("one", "two", "killed", "four"))
    whole = [begin(training(img, alone, 1), 1), begin(training(img, left_alone, 2), 2)]
    assert [code for hosts in whole for code, _ in end(hosts)] == [0] * 3

    often = ["--checkpoint-every", "0.001", "--keep", "100"]
    dying = begin(training(img, killed, 2, *often, "--epochs", "5000", "--patience", "5000"), 2)
    checkpoints = killed / "checkpoints" / "model"
    while len(list_checkpoints(checkpoints)) < KEPT + 2 and dying[1].poll() is None:
        time.sleep(0.05)
    dying[1].send_signal(signal.SIGKILL)
    code, line = end(dying)[0]
    assert (code, LINE in line) == (1, True)
    assert "goes on from the last checkpoint" in line
    for newer in list_checkpoints(checkpoints)[KEPT:]:
        newer.rename(newer.with_suffix(".aside"))  # as if it had died earlier
    shutil.copytree(killed, four)
    for hosts, folder in ((2, killed), (4, four)):
        resumed = begin(training(img, folder, hosts), hosts)
        said = [process.communicate()[1] for process in resumed]
        assert [process.returncode for process in resumed] == [0] * hosts
        assert "going on at epoch 2, batch" in said[0]
        assert said[1:] == [""] * (hosts - 1)

    same = zip(weights_of(killed), weights_of(left_alone), strict=True)
    assert all(found.tobytes() == expected.tobytes() for found, expected in same)
    for folder in (left_alone, four):
        for found, expected in zip(weights_of(folder), weights_of(alone), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


HOST = """
import sys
from pathlib import Path
from abnormal.errors import AbnormalError
from abnormal.training.hosts import joined
from abnormal.training.options import HostAddresses

address, index, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
with joined(HostAddresses(address, 2, index)) as devices:
    print(devices, devices.largest(3 * index), devices.gather({"at": "x" * index}))
    devices.require_same({"seed": 1}, "")
    devices.require_shared(folder)
    for refused in (
        lambda: devices.require_same({"size": 16, "seed": index}, "Mend it."),
        lambda: devices.require_shared(folder / str(index)),
    ):
        try:
            refused()
        except AbnormalError as error:
            print(error)
"""


def test_hosts_agree_or_are_told_what_differs(tmp_path):
    for folder in ("0", "1"):
        (tmp_path / folder).mkdir()
    hosts = begin(lambda index, address: ["-c", HOST, address, index, tmp_path], 2)
    for index, host in enumerate(hosts):
        out, err = host.communicate()
        assert (host.returncode, err) == (0, "")
        lines = out.splitlines()
        joined = f"Devices(count=2, hosts=2, host={index})"
        assert lines[0] == f"{joined} 3 [{{'at': ''}}, {{'at': 'x'}}]"
        assert lines[1] == "The hosts do not agree: seed is 0 on host 0, but 1 on host 1. Mend it."
        assert lines[2].startswith("host 1 cannot see what host 0 writes into")
    assert list((tmp_path / "0").iterdir()) == []


def test_another_backend_is_answered_with_the_command_that_works(tmp_path, capsys):
    assert main(["--distribute", "hosts", "--output", str(tmp_path / "model.h5")]) == 1
    assert "KERAS_BACKEND=jax python train_model.py --distribute hosts" in capsys.readouterr().err


def test_an_address_without_hosts_is_refused(capsys):
    assert main(["--hosts", "2", "--host-index", "0"]) == 2
    assert "--hosts and --host-index are for training on several hosts" in capsys.readouterr().err
