"""The notebook runs, dies and goes on, on the smallest footage that it can."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import nbclient
import nbclient.exceptions
import nbformat
import pytest

from abnormal.training.checkpoints import list_checkpoints
from abnormal.training.run import LOCK

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


def execute(notebook, folder=ROOT / "examples"):
    resources = {"metadata": {"path": str(folder)}}
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
    curves, video = (cell.outputs for cell in notebook.cells[-2:])
    assert "image/png" in curves[-1].data
    assert "data:video/mp4;base64" in video[-1].data["text/html"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_fresh_session_fetches_the_project_first(notebook, tmp_path, monkeypatch):
    (tmp_path / "content").mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    there = tmp_path / "repository"
    there.mkdir()
    (there / "train_model.py").write_text("")
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "a"]):
        subprocess.run([*git, *command], cwd=there, check=True)
    notebook.cells = notebook.cells[:2]
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="Set REPOSITORY"):
        execute(notebook, tmp_path / "content")
    monkeypatch.setenv("ABNORMAL_REPOSITORY", f"file://{there}")
    pip = tmp_path / "stubs" / "pip" / "__main__.py"  # which installs nothing
    pip.parent.mkdir(parents=True)
    (pip.parent / "__init__.py").touch()
    pip.write_text("import sys; open('installed', 'w').write(sys.argv[-1])")
    monkeypatch.setenv("PYTHONPATH", str(pip.parents[1]))
    execute(notebook, tmp_path / "content")
    project = tmp_path / "content" / "abnormal"
    assert (project / "train_model.py").is_file()
    assert (tmp_path / "content" / "installed").read_text() == str(project)
