"""Real schedulers and workers, each a process, on the loopback address."""

import http.server
import importlib.util
import os
import signal
import socket
import threading
from types import SimpleNamespace

import pytest

from abnormal.errors import AbnormalError
from abnormal.tasks import scheduler as scheduling
from abnormal.tasks.choose import open_runner
from abnormal.tasks.run import WorkerDiedError
from abnormal.version import __version__


def task_writing_to(log, killer=None):
    """A task that writes down which process does what; it is a closure, and so travels as code."""

    def work(item):
        import os
        import time

        (log / f"{item}-{os.getpid()}").touch()
        if item == killer:
            os._exit(9)
        time.sleep(0.05)
        (log / f"{item}.done").touch()
        return -item

    return work


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


def processes_of(log, item):
    return [int(path.name.split("-")[1]) for path in log.glob(f"{item}-*")]


def unfinished(log, item):
    return [] if (log / f"{item}.done").exists() else processes_of(log, item)


def test_the_death_of_a_worker_repeats_its_task_only(dask_cluster, tmp_path, log):
    items = list(range(30))
    found, killed = [], None
    with (
        dask_cluster(tmp_path) as address,
        open_runner(address, [tmp_path / "scheduler.json"], log) as run,
    ):
        for done in run(task_writing_to(log), items):
            found.append(done)
            running = [process for item in items[6:] for process in unfinished(log, item)]
            if running and killed is None:
                killed = running[0]
                os.kill(killed, signal.SIGKILL)
    assert sorted(found) == [(item, -item) for item in items]
    assert killed
    repeated = [item for item in items if len(processes_of(log, item)) > 1]
    assert all(killed in processes_of(log, item) for item in repeated)
    assert not list(log.glob(".*"))


def test_a_task_that_kills_its_worker_is_given_up_and_costs_no_other_its_result(
    dask_cluster, tmp_path, log
):
    with dask_cluster(tmp_path, workers=4) as address, open_runner(address, [], log) as run:
        found = dict(run(task_writing_to(log, killer=0), range(12)))
    died = found.pop(0)
    assert isinstance(died, WorkerDiedError)
    assert "each of the 3 workers that tried it died" in str(died)
    assert found == {item: -item for item in range(1, 12)}
    assert len(processes_of(log, 0)) == 3


def test_workers_that_come_later_are_given_tasks(dask_cluster, tmp_path, log):
    """Each task waits for the other one, and each worker has one at a time."""

    def meet(item):
        import time

        (log / str(item)).touch()
        while not (log / str(1 - item)).exists():
            time.sleep(0.01)
        return -item

    with (
        dask_cluster(tmp_path, workers=2, wait=False) as address,
        open_runner(address, [], log) as run,
    ):
        assert dict(run(meet, [0, 1])) == {0: 0, 1: -1}


def test_an_error_of_a_task_ends_the_run_and_leaves_nothing_behind(dask_cluster, tmp_path, log):
    def fail(item):
        from abnormal.errors import AbnormalError

        raise AbnormalError(f"no {item}")

    with dask_cluster(tmp_path, workers=1) as address:
        with pytest.raises(AbnormalError, match="no 0"), open_runner(address, [], log) as run:
            list(run(fail, range(3)))
        with open_runner(address, [], log) as run:
            assert dict(run(task_writing_to(log), [7])) == {7: -7}


def test_a_scheduler_that_ends_is_said(dask_cluster, tmp_path, log):
    def kill_parent_scheduler(item):
        import os
        import time

        os.kill(item, 9)
        time.sleep(600)

    with dask_cluster(tmp_path, workers=1) as address:
        process = scheduler_process(tmp_path)
        with pytest.raises(AbnormalError, match="is lost"), open_runner(address, [], log) as run:
            list(run(kill_parent_scheduler, [process]))


def scheduler_process(folder):
    import json

    from distributed import Client

    address = json.loads((folder / "scheduler.json").read_text())["address"]
    with Client(address, set_as_default=False) as client:
        return client.run_on_scheduler(os.getpid)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(scheduling, "ANSWER_SEC", 1.0)


def refused(address, log):
    with pytest.raises(AbnormalError) as error, open_runner(address, [], log):
        pytest.fail("it was accepted")
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "gopher://127.0.0.1:70", "x"])
def test_an_address_where_no_scheduler_is(impatient, log, address):
    assert f"No Dask scheduler answers at {address} (" in refused(address, log)


def test_something_that_takes_calls_and_is_no_scheduler(impatient, log):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host, port = mute.getsockname()
        assert "(not in time)" in refused(f"{host}:{port}", log)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        assert "No Dask scheduler answers" in refused(f"127.0.0.1:{web.server_port}", log)
        web.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("__version__ = '0.0.1'", f"has abnormal 0.0.1, and {__version__} was expected"),
        ("raise ImportError", f"has no abnormal, and {__version__} was expected"),
        (f"__version__ = {__version__!r}", "cannot tell what it sees (cannot import"),
    ],
)
def test_a_worker_with_another_version_is_refused(dask_cluster, tmp_path, log, code, says):
    (tmp_path / "abnormal").mkdir()
    (tmp_path / "abnormal" / "__init__.py").touch()
    (tmp_path / "abnormal" / "version.py").write_text(code)
    (tmp_path / "abnormal" / "tasks").mkdir()  # or that of an editable install would be found
    (tmp_path / "abnormal" / "tasks" / "__init__.py").touch()
    (tmp_path / "abnormal" / "tasks" / "worker_check.py").touch()
    with dask_cluster(tmp_path, workers=1, path=tmp_path) as address:
        assert says in refused(address, log)


def test_files_that_a_worker_sees_otherwise_are_named(dask_cluster, tmp_path, log, monkeypatch):
    """As if they were on this program's own disk, and others there on the worker's."""
    model, videos, gone = tmp_path / "model.h5", tmp_path / "videos", tmp_path / "img"
    model.write_text("another")
    videos.mkdir()
    monkeypatch.setattr("abnormal.tasks.worker_check.describe", lambda path: "what is here")
    with dask_cluster(tmp_path, workers=1) as address:
        for path, there in (
            (model, "a file of 7 bytes"),
            (videos, "an empty folder"),
            (gone, "nothing"),
        ):
            with (
                pytest.raises(AbnormalError) as error,
                open_runner(address, [path], log),
            ):
                pytest.fail("it was accepted")
            assert f"sees {there} at {path}, and what is here was expected" in str(error.value)
    assert not list(log.iterdir())


def test_without_dask_the_answer_is_how_to_install_it(monkeypatch, log):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install '.[dask]'" in refused("127.0.0.1:8786", log)


def test_a_scheduler_without_workers_is_said_once(monkeypatch, caplog):
    """Its first worker comes after two looks, and a second one would not be told of again."""
    looks = iter([{}, {}, {"tcp://first": 1}, {}, {}])
    client = SimpleNamespace(
        nthreads=lambda: next(looks),
        submit=lambda *_, **__: object(),
        scheduler=SimpleNamespace(address="tcp://here:8786"),
    )
    done = iter([False, False, True])
    monkeypatch.setattr(scheduling, "_finished", lambda _, jobs: jobs if next(done) else [])
    monkeypatch.setattr(scheduling, "_result_of", lambda job: "result")
    with caplog.at_level("INFO"):
        assert [*scheduling._run_tasks(client, lambda: None, str, ["a"])] == [("a", "result")]
    assert caplog.messages == [
        "waiting for workers: tcp://here:8786 has none. `dask worker tcp://here:8786` adds one"
    ]
