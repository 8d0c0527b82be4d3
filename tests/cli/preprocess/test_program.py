"""What every program does with bugs, Ctrl-C, debugging and Windows."""

from pathlib import Path
from types import SimpleNamespace

from abnormal.cli import preprocess


def fail_with(monkeypatch, error):
    def work(args):
        raise error

    monkeypatch.setattr(preprocess, "_work", work)


def test_a_bug_is_answered_with_the_path_of_a_log(tmp_path, monkeypatch, run):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fail_with(monkeypatch, ZeroDivisionError("division by zero"))
    code, out, err = run("x")
    assert (code, out, len(err)) == (3, "", 1)
    assert "this is a bug: ZeroDivisionError: division by zero" in err[0]
    log = Path(err[0].rsplit(" ", 1)[1])
    assert log.parent == tmp_path
    assert "Traceback" in log.read_text()


def test_where_no_log_can_be_written_its_details_are_shown(tmp_path, monkeypatch, run):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    fail_with(monkeypatch, ZeroDivisionError("division by zero"))
    code, _, err = run("x")
    assert code == 3
    assert "Traceback" in "".join(err)
    assert err[-1].endswith("Details are in /dev/stderr")


def test_ctrl_c(monkeypatch, run):
    fail_with(monkeypatch, KeyboardInterrupt())
    assert run("x") == (130, "", ["preprocess.py: interrupted"])


def test_on_windows_the_program_says_where_it_runs(monkeypatch, run, tmp_path):
    with monkeypatch.context() as patch:
        patch.setattr("abnormal.cli.program.os", SimpleNamespace(name="nt", environ={}))
        code, out, err = run(tmp_path)
    assert (code, out, len(err)) == (1, "", 1)
    assert "runs on Linux and macOS" in err[0]
    assert "Windows Subsystem for Linux" in err[0]


def test_debugging_shows_the_traceback(tmp_path, monkeypatch, run):
    monkeypatch.setenv("ABNORMAL_DEBUG", "1")
    code, _, err = run(tmp_path / "gone")
    assert code == 1
    assert err[0].startswith("Traceback")
