"""The notebook runs, dies and goes on, on the smallest footage that it can."""

from pathlib import Path

import nbclient
import nbformat
import pytest

from abnormal.training.checkpoints import list_checkpoints

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


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_after_a_restart_of_the_kernel_it_goes_on(notebook, tmp_path, monkeypatch):
    small = "--size 35 --clip-length 4 --strides 1 --epochs"
    monkeypatch.setenv("ABNORMAL_OPTIONS", f"{small} 1")
    execute(notebook)
    assert list_checkpoints(tmp_path / "drive" / "checkpoints" / "model")

    monkeypatch.setenv("ABNORMAL_OPTIONS", f"{small} 2")
    execute(notebook)

    assert "going on at epoch 2" in printed(notebook)
    assert (tmp_path / "drive" / "results" / "scores.csv").is_file()
