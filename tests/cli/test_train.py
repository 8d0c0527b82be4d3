import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from abnormal.cli.train import _options, _parser, _print_promises, _train, main
from abnormal.errors import AbnormalError
from abnormal.models.backend import start_backend
from abnormal.models.defaults import ARCHITECTURES
from abnormal.names import AUTO_BATCH_SIZE
from abnormal.scoring.pools import Pool
from abnormal.scoring.rate_check import RateCheck
from abnormal.training.checkpoints import ARRAYS, Checkpoint, save_checkpoint


def options(*argv):
    return _options(_parser().parse_args(argv))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_what_is_not_said_is_the_default_of_the_architecture(arch):
    resolved = options("--arch", arch)
    for name, value in ARCHITECTURES[arch]._asdict().items():
        assert getattr(resolved, name) == value


def test_what_is_not_said_is_the_same_for_all():
    resolved = options()
    assert (resolved.output, resolved.arch) == (Path("model.h5"), "spatiotemporal")
    assert (resolved.validation, resolved.checkpoint_every, resolved.keep) == (0.15, 600, 5)


def test_what_is_said_overrides_it():
    resolved = options("--size", "123", "--clip-length", "4", "--epochs", "2", "--strides", "2")
    assert (resolved.size, resolved.clip_length, resolved.epochs) == (123, 4, 2)
    assert resolved.strides == (2,)
    resolved = options("--arch", "cae", "--weight-decay", "0", "--bottleneck", "16")
    assert (resolved.weight_decay, resolved.bottleneck) == (0, 16)


def test_a_batch_is_a_number_of_clips_or_auto(capsys):
    assert options("--batch-size", "auto").batch_size == AUTO_BATCH_SIZE
    assert options("--batch-size", "7").batch_size == 7
    for wrong in ("0", "all"):
        with pytest.raises(SystemExit):
            options("--batch-size", wrong)
        assert "--batch-size" in capsys.readouterr().err


def test_a_bottleneck_for_a_network_without_one_is_refused(capsys):
    assert main(["--bottleneck", "16"]) == 1
    assert "spatiotemporal network has no dense layer" in capsys.readouterr().err


def test_a_bottleneck_beside_a_model_that_has_one_is_refused(capsys):
    assert main(["--arch", "cae", "--init", "cae.h5", "--bottleneck", "16"]) == 1
    assert "brings its own bottleneck" in capsys.readouterr().err
    assert options("--arch", "cae", "--init", "cae.h5").bottleneck == 0


def test_help_lists_what_each_network_is_trained_with(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[-9:]]
    assert rows[0] == ["default", *ARCHITECTURES]
    lines = [" ".join(row) + " " for row in rows]
    for values in (
        "--batch-size 4 32 32 8 ",
        "--strides 1 2 3 1 1 1 ",
        "--weight-decay - 1e-05 1e-05 1e-05 ",
    ):  # a further network has its own behind these
        assert any(line.startswith(values) for line in lines)


@pytest.mark.parametrize(
    ("argv", "folder"),
    [
        ([], "checkpoints/model"),
        (["--output", "here/gate.h5"], "here/checkpoints/gate"),
        (["--output", "here/gate.keras"], "here/checkpoints/gate.keras"),
        (["--output", "here/gate.h5", "--checkpoints", "there"], "there"),
    ],
)
def test_two_models_never_share_a_folder_of_checkpoints(argv, folder):
    assert options(*argv).checkpoints == Path(folder)


def test_a_run_of_an_earlier_version_goes_on_in_its_folder(tmp_path):
    """It left out every suffix, so that only its checkpoints tell which model the run writes."""
    old, arrays = tmp_path / "checkpoints" / "gate", {"network.0000": np.zeros(1, np.float32)}
    named = {suffix: str(tmp_path / f"gate{suffix}") for suffix in (".h5", ".keras")}
    of_keras = {"options": {"output": named[".keras"]}}
    for batch, state in enumerate(({}, {"options": {"output": named[".h5"]}}, of_keras)):
        assert options("--output", named[".keras"]).checkpoints == old.with_name("gate.keras")
        save_checkpoint(old, Checkpoint(0, batch, state, arrays), keep=5)
    assert options("--output", named[".keras"]).checkpoints == old
    assert options("--output", str(tmp_path / "gate.hdf5")).checkpoints.name == "gate.hdf5"


def test_loss_and_precision_that_are_not_said():
    assert (options().loss, options().precision) == ("mse", "float32")


@pytest.mark.parametrize(
    "argv",
    [
        ["--epochs", "0"],
        ["--validation", "1"],
        ["--learning-rate", "-1"],
        ["--arch", "nothing"],
        ["--seed", "-1"],
    ],
)
def test_impossible_values_are_a_usage_error(argv, capsys):
    with pytest.raises(SystemExit) as left:
        main(argv)
    assert left.value.code == 2
    assert argv[0] in capsys.readouterr().err


def test_status_prints_what_the_folder_holds(tmp_path, capsys):
    arrays = {"network.0000": np.zeros(250_000, np.float32)}
    for batch, loss in ((0, None), (7, 0.25), (12, 0.125)):
        save_checkpoint(tmp_path, Checkpoint(3, batch, {"running_loss": loss}, arrays), keep=5)
    (tmp_path / "epoch0003-batch000012" / ARRAYS).write_bytes(b"damaged")

    assert main(["--status", "--checkpoints", str(tmp_path)]) == 0

    heads, start, first, second = capsys.readouterr().out.splitlines()
    assert heads.split() == ["checkpoint", "epochs", "batches", "loss", "age", "size"]
    assert start.split()[:4] == ["epoch0003-batch000000", "3", "0", "-"]
    assert first.split() == ["epoch0003-batch000007", "3", "7", "0.25000", "0", "min", "1.0", "MB"]
    assert "epoch0003-batch000012" in second
    assert "damaged" in second


def test_status_of_nothing_is_one_line(tmp_path, capsys):
    assert main(["--status", "--checkpoints", str(tmp_path)]) == 1
    assert f"no checkpoint in {tmp_path}" in capsys.readouterr().err


def test_a_network_in_a_file_is_built_by_running_it(tmp_path, caplog):
    start_backend()
    from abnormal.training.own_parts import with_own_network

    file = tmp_path / "network_of_a_test.py"
    file.write_text("def build(length, size):\n    return (length, size)\n")
    said = options("--arch", f"{file}:build", "--clip-length", "4")
    assert (said.arch, said.size, said.clip_length) == (f"{file}:build", 227, 4)
    assert with_own_network(said).own.build(4, 35) == (4, 35)
    assert "runs the code in that file" in caplog.text
    sys.modules.pop("network_of_a_test")


def test_a_file_with_a_network_that_is_missing_is_said(capsys):
    assert main(["--arch", "missing.py:build"]) == 1
    assert "missing.py" in capsys.readouterr().err


def test_a_network_of_ones_own_on_several_hosts_is_refused(capsys):
    assert main(["--arch", "a.py:build", "--distribute", "hosts"]) == 1
    assert "is trained on one device" in capsys.readouterr().err


def test_results_are_told_before_they_are_drawn(tmp_path, monkeypatch, capsys):
    """What goes wrong with the plot costs nothing else."""
    calibration = SimpleNamespace(rate_check=None, exams={})
    info = SimpleNamespace(history=({"epoch": 1, "loss": 0.5},), loss="mse")
    result = SimpleNamespace(
        info=info,
        calibration=calibration,
        losses=tmp_path / "model.losses.csv",
        stopped_early=False,
        best_epoch=1,
    )
    monkeypatch.setattr("abnormal.training.run.train", lambda *_: result)

    def fail(*_):
        raise AbnormalError("no plot")

    monkeypatch.setattr("abnormal.report.losses.plot_losses", fail)
    args = _parser().parse_args(["--output", str(tmp_path / "model.h5")])
    with pytest.raises(AbnormalError, match="no plot"):
        _train(args, _options(args))
    assert capsys.readouterr().out == f"model: {tmp_path / 'model.h5'} (epoch 1 of 1)\n"


@pytest.mark.parametrize(
    ("held_out", "videos", "told"),
    [
        (True, [(("a", "b"), 10, "")], " held out"),
        (True, [(("a",), 60, "")], " held out"),
        (False, [(("a", "b"), 60, "")], ", all of it known to the network"),
        (True, [(("a",), 30, "")], ", judged by what was learnt from it"),
        (
            True,
            [(("a", "b"), 600, "gate"), (("c",), 30, "yard")],
            ", judged in the case of yard by what was learnt from it",
        ),
    ],
)
def test_normal_footage_is_called_held_out_only_if_it_was(held_out, videos, told, capsys):
    def check(seconds):
        return RateCheck(0.0, 0.0, 0.975, 0, seconds / 3600)

    pools = tuple(
        Pool((camera,), {}, {}, 25 * seconds, names, held_out, check(seconds))
        for names, seconds, camera in videos
    )
    _print_promises(
        SimpleNamespace(rate_check=check(1), exams={}, held_out=held_out, all_pools=pools)
    )
    assert capsys.readouterr().out.startswith(f"normal footage{told}: 0.0% [0.0%, 97.5%] of the")
