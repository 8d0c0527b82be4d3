"""Options that have no effect beside others are refused in one line, whatever else is wrong."""

import pytest

from abnormal.cli import preprocess, test, train
from abnormal.cli.conflicts import require_no_conflict

REFUSED = [
    (
        train,
        "--calibrate img --epochs 64 --restart --init no.h5 --img nowhere",
        "--img, --init, --epochs and --restart are for training, but --calibrate",
    ),
    (train, "--calibrate img --seed 7", "--seed is for training, but --calibrate"),
    (train, "--status --calibrate img", "--calibrate is not for --status"),
    (train, "--camera door", "--camera is for --calibrate FOLDER. Add that, or leave it out."),
    (train, "--hosts 2 --host-index 0", "--hosts and --host-index are for training on several"),
    (train, "--host-index 0 --distribute none", "--host-index is for training on several hosts"),
    (
        preprocess,
        "--videos v --dataset demo --split testing --labels nonsense.csv",
        "--videos, --split and --labels are for footage that there is",
    ),
    (preprocess, "--download ucsd --dataset hall", "--download is for footage that there is"),
    (preprocess, "--videos v --url http://mirror/", "--url is the mirror that --download NAME"),
    (preprocess, "--check --videos elsewhere --download ucsd", "--videos and --download are not"),
    (test, "--no-figures --panels --figures svg", "--panels and --figures are for pictures"),
    (test, "--figures-for none --panels", "--panels is for pictures"),
    (test, "--source v.mp4 --img nowhere", "--img is not used beside --source"),
    (test, "--source 0 --img img2", "--img is for testing files, not for watching cameras"),
    (test, "--cameras c.csv --scheduler tcp://host", "--scheduler is for testing files"),
    (test, "--source v.mp4 --realtime --box-size 8 --strict", "--strict and --box-size are for"),
    (test, "--source rtsp://gate.lan --panels", "--panels is for testing files"),
    (test, "--webhook http://host --no-frames", "--webhook and --no-frames are for cameras."),
    (test, "--export onnx --output here.onnx", "--output is not for --export"),
    (test, "--export onnx --dismiss a:1", "--dismiss is not for --export"),
    (test, "--undo", "--undo takes a dismissal back. Name the event with --dismiss EVENT."),
]
ACCEPTED = [
    (train, "--calibrate img --camera door --output gate.h5 --trust --verbose"),
    (train, "--status --checkpoints here --log-format json"),
    (train, "--status --output gate.h5 --seed 0"),
    (train, "--distribute hosts --coordinator a:1 --hosts 2 --host-index 0"),
    (preprocess, "--check --img img2 --workers 3 --strict"),
    (preprocess, "--dataset square --img img2 --size 99 --fps 5 --camera-from (.)"),
    (preprocess, "--download avenue --videos v --url http://mirror/"),
    (test, "--source v.mp4 --img img"),  # the default, which is as if it was not given
    (test, "--source 0 --no-figures --score stay --hop 2"),
    (test, "--img img2 --camera door --panels --figures svg --strict"),
    (test, "--img img2 --no-figures --box-threshold auto"),  # also for figures by pixels
    (test, "--source v.mp4 --panels --dismiss v:1 --undo"),
    (test, "--cameras c.csv --output here --page a:1 --dismiss gate-1"),
    (test, "--export onnx --model a.h5 b.h5 --trust --runtime keras"),
]


@pytest.mark.parametrize(("program", "options", "message"), REFUSED)
def test_options_without_effect_are_a_usage_error(program, options, message, capsys):
    assert program.main(options.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


@pytest.mark.parametrize(("program", "options"), ACCEPTED)
def test_options_with_an_effect_are_taken(program, options):
    parser = program._parser()
    require_no_conflict(parser, parser.parse_args(options.split()), program._CONFLICTS)


@pytest.mark.parametrize("program", [preprocess, train, test])
def test_only_options_that_there_are_can_conflict(program):
    known = vars(program._parser().parse_args([]))
    for conflict in program._CONFLICTS:
        assert {*conflict.without_effect, *conflict.all_but} <= known.keys()


def test_figures_and_none_are_a_usage_error(capsys):
    with pytest.raises(SystemExit) as ended:
        test.main(["--figures-for", "events", "--no-figures"])
    assert ended.value.code == 2
    assert "not allowed with argument --figures-for" in capsys.readouterr().err
