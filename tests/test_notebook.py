"""The notebook runs, dies and goes on, on the smallest footage that it can."""

import os
import signal
import threading
import time
from pathlib import Path

import nbclient
import nbclient.exceptions
import nbformat
import pytest

from abnormal.training.checkpoints import list_checkpoints
from abnormal.training.lock import LOCK

ROOT = Path(__file__).parent.parent


@pytest.fixture
def notebook(tmp_path, monkeypatch, make_pictures):
    for number, frames in enumerate((30, 30), start=1):
        make_pictures(tmp_path / "videos" / "normal" / str(number), frames)
    make_pictures(tmp_path / "videos" / "odd" / "1", 12)
    monkeypatch.setenv("ABNORMAL_VIDEOS", str(tmp_path / "videos"))
    monkeypatch.setenv("ABNORMAL_KEEP", str(tmp_path / "drive"))
    monkeypatch.setenv("ABNORMAL_IMG", str(tmp_path / "img"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return nbformat.read(ROOT / "examples" / "colab.ipynb", as_version=4)


def execute(notebook):
    resources = {"metadata": {"path": str(ROOT)}}
    nbclient.NotebookClient(notebook, timeout=200, resources=resources).execute()


def printed(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def kill_training(folder):
    """Kills the process that holds a folder of checkpoints, as soon as it has written one."""
    while not list_checkpoints(folder):
        time.sleep(0.005)
    os.kill(int((folder / LOCK).read_text().split()[1]), signal.SIGKILL)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_what_dies_goes_on_when_all_cells_are_run_again(notebook, tmp_path, monkeypatch):
    small = "--size 35 --clip-length 4 --strides 1 --epochs 3 --checkpoint-every 0.001"
    monkeypatch.setenv("ABNORMAL_OPTIONS", small)
    folder = tmp_path / "drive" / "checkpoints" / "model"
    threading.Thread(target=kill_training, args=[folder], daemon=True).start()
    with pytest.raises(nbclient.exceptions.CellExecutionError, match=r"train_model\.py has failed"):
        execute(notebook)
    assert list_checkpoints(folder)

    execute(notebook)

    assert "going on at epoch" in printed(notebook)
    assert (tmp_path / "drive" / "results" / "scores.csv").is_file()
