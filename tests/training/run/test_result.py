"""What a run leaves in its model file: the best epoch, clips, and a calibration."""

import dataclasses

import pytest

from abnormal.inference.reference import largest_difference
from abnormal.inference.runtimes import keras_runtime
from abnormal.models.model_file import load_model
from abnormal.scoring.calibration import read_calibration
from abnormal.scoring.residual import SCORES
from tests.training.run.running import LENGTH, SIZE, go, made


def test_the_model_keeps_clips_with_the_scores_that_calibrated_it(options):
    go(dataclasses.replace(options, epochs=1))
    model = load_model(options.output)
    calibration = read_calibration(model.info.calibration, model.arrays)
    thresholds = {score: calibration.threshold(score) for score in SCORES}
    assert model.reference.clips.shape == (3, LENGTH, SIZE, SIZE)
    assert len({clip.tobytes() for clip in model.reference.clips}) == 3
    assert set(model.reference.scores) == set(thresholds)
    assert largest_difference(model.reference, keras_runtime(model.network), thresholds) < 1e-6


def test_what_hinders_the_calibration_is_told(options_of, make_img, tmp_path, said):
    make_img(tmp_path / "img", {"training/01": 20})
    alone = {"size": SIZE, "clip_length": LENGTH, "epochs": 1, "validation": 0.0}
    go(options_of(tmp_path / "img", "alone", **alone))
    assert any("of a single video are all the normal footage" in line for line in said())


def test_16_bits_learn_something_else_than_32(options):
    histories = []
    for precision in ("float32", "mixed_bfloat16", "mixed_float16"):
        folder = options.output.parent / precision
        chosen = dataclasses.replace(
            options,
            precision=precision,
            epochs=2,
            output=folder / "model.h5",
            checkpoints=folder / "checkpoints",
        )
        histories.append([entry["loss"] for entry in go(chosen).info.history])
    assert histories[1] != histories[0] != histories[2]
    for history in histories:
        assert history == pytest.approx(histories[0], rel=0.05)
        assert history[1] < history[0]


def test_the_model_has_the_weights_of_the_best_epoch(options):
    wild = dataclasses.replace(options, epochs=12, patience=2, learning_rate=0.3)
    result = go(wild)
    folder = options.checkpoints.parent / "best"
    best = dataclasses.replace(
        wild,
        epochs=result.best_epoch,
        output=folder / "model.h5",
        checkpoints=folder / "checkpoints",
    )
    go(best)

    assert made(wild)[0] == made(best)[0]
