import dataclasses

import matplotlib.pyplot
import numpy as np
import PIL.Image
import pytest

from abnormal.errors import AbnormalError
from abnormal.frames.gaps import Gap
from abnormal.report import figure
from abnormal.report.figure import ABNORMAL_COLOUR, ALARM_COLOUR, drawing
from abnormal.report.losses import loss_points, plot_losses
from abnormal.report.regularity import plot_regularity
from abnormal.report.time_axis import COLUMNS, label_time, mark_gaps
from abnormal.scoring.alarm import Alarm


def above(limit, score="l2"):
    return Alarm(score, limit, limit)


HISTORY = [
    {"epoch": 1, "loss": 0.5, "val_loss": 0.6, "seconds": 1.0},
    {"epoch": 2, "loss": 0.25, "val_loss": 0.5, "seconds": 1.0},
]


def read(path):
    with PIL.Image.open(path) as picture:
        picture.load()
        return np.asarray(picture.convert("RGB"))


def has_colour(pixels, colour):
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return (np.abs(pixels.astype(int) - wanted).max(-1) <= 2).any()


@pytest.fixture
def drawn(monkeypatch):
    """The figures, before they are written."""
    figures = []
    write = figure._write
    monkeypatch.setattr(figure, "_write", lambda fig, path: (figures.append(fig), write(fig, path)))
    return figures


def test_a_regularity_plot_is_a_picture_with_its_intervals(scored, tmp_path):
    video = scored("gate", 8, [0, 0, 1, 1, 0, 0, 0, 0])
    path = tmp_path / "regularity" / "cart" / "gate.png"
    plot_regularity({"model": video}, {"model": above(3.0)}, path)
    pixels = read(path)
    assert pixels.shape == (780, 1400, 3)
    assert has_colour(pixels, ABNORMAL_COLOUR)
    assert has_colour(pixels, ALARM_COLOUR)


def test_where_labels_are_unknown_nothing_is_shaded(scored, tmp_path):
    plot_regularity({"model": scored("gate", 8)}, {"model": above(3.0)}, tmp_path / "gate.png")
    assert not has_colour(read(tmp_path / "gate.png"), ABNORMAL_COLOUR)


def test_true_intervals_are_shaded_in_seconds(scored, tmp_path, drawn):
    video = scored("gate", 8, [0, 0, 1, 1, 0, 0, 0, 1], fps=4.0)
    plot_regularity({"model": video}, {"model": above(3.0)}, tmp_path / "gate.png")
    for axes in drawn[0].axes:
        shades = [patch.get_window_extent() for patch in axes.patches]
        seconds = [
            axes.transData.inverted().transform(box)[:, 0].round(6).tolist() for box in shades
        ]
        assert seconds == [[0.5, 1.0], [1.75, 2.0]]


def test_the_curves_are_the_regularity_and_the_score(scored, tmp_path, drawn):
    video = scored("gate", 8, fps=4.0)
    plot_regularity({"model": video}, {"model": above(3.0)}, tmp_path / "gate.png")
    upper, lower = (axes.lines for axes in drawn[0].axes)
    np.testing.assert_array_equal(upper[0].get_data(), (np.arange(8) / 4.0, video.regularity()))
    np.testing.assert_array_equal(lower[0].get_data(), (np.arange(8) / 4.0, video.causal["l2"]))
    assert set(lower[1].get_ydata()) == {3.0}


def test_the_threshold_is_that_of_the_camera(scored, tmp_path, drawn):
    video = dataclasses.replace(scored("gate", 8, fps=4.0), camera="lively")
    alarm = dataclasses.replace(above(3.0), cameras={"lively": above(5.0)})
    plot_regularity({"model": video}, {"model": alarm}, tmp_path / "gate.png")
    _, lower = (axes.lines for axes in drawn[0].axes)
    assert set(lower[1].get_ydata()) == {5.0}


def test_every_model_has_its_curve(scored, tmp_path, drawn):
    models = {f"model {number}": scored() for number in range(8)}  # more than there are colours
    plot_regularity(models, dict.fromkeys(models, above(3.0)), tmp_path / "gate.png")
    upper, lower = drawn[0].axes
    assert upper.get_legend_handles_labels()[1] == list(models)
    assert lower.get_legend_handles_labels()[1] == [*models, "threshold", "alarm"]


@pytest.mark.parametrize("length", [10, 50, 200])
def test_long_names_of_models_are_whole_in_the_legend(scored, tmp_path, drawn, length):
    names = [f"_{number} {'a long name of a model ' * 9}"[:length].strip() for number in range(4)]
    models = {name: scored() for name in names}
    plot_regularity(models, dict.fromkeys(models, above(3.0)), tmp_path / "gate.png")
    (legend,) = drawn[0].legends
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= drawn[0].bbox.width
    assert box.y1 < drawn[0].axes[1].get_window_extent().y0
    texts = [" ".join(text.get_text().split()) for text in legend.get_texts()]
    assert texts == [*names, "threshold", "alarm"]


@pytest.mark.parametrize("name", ["cash$register$", r"a$\frac{$", "正门/夜里", "a_b^c%d\udcff\n"])
def test_a_name_is_no_formula_and_needs_no_font(scored, tmp_path, name, capfd):
    plot_regularity({name: scored(name)}, {name: above(3.0)}, tmp_path / "gate.png")
    plot_losses({name: HISTORY}, {name: "mse"}, tmp_path / "losses.png")
    assert read(tmp_path / "gate.png").shape == (780, 1400, 3)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("frames", [1, 2])
def test_short_videos_can_be_drawn(scored, tmp_path, frames):
    plot_regularity({"m": scored("a", frames)}, {"m": above(0.0)}, tmp_path / "a.png")
    assert read(tmp_path / "a.png").shape == (780, 1400, 3)


@pytest.mark.parametrize("keys", [("epoch", "loss", "val_loss"), ("epoch", "loss")])
def test_a_plot_of_losses_is_a_picture(tmp_path, keys):
    history = [{key: entry[key] for key in keys} for entry in HISTORY]
    plot_losses({"model": history}, {"model": "mse"}, tmp_path / "losses.png")
    pixels = read(tmp_path / "losses.png")
    assert pixels.shape[1] == 1400
    assert has_colour(pixels, "#0072B2")


def test_figures_of_many_videos_leave_none_open(scored, tmp_path):
    for number in range(3):
        plot_regularity({"m": scored()}, {"m": above(3.0)}, tmp_path / f"{number}.png")
    assert matplotlib.pyplot.get_fignums() == []
    assert len(list(tmp_path.iterdir())) == 3


def test_a_figure_is_written_whole_or_not_at_all(tmp_path):
    (tmp_path / "a.png").mkdir()
    with (
        pytest.raises(AbnormalError, match=r"a\.png cannot be written"),
        drawing(tmp_path / "a.png", 2.0),
    ):
        pass
    with pytest.raises(ValueError, match="wrong"), drawing(tmp_path / "b.png", 2.0):
        raise ValueError("wrong")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_vector_figures_are_the_same_every_time(scored, tmp_path):
    video = scored("gate", 8, [0, 0, 1, 1, 0, 0, 0, 0])
    for name in ("a", "b"):
        plot_regularity({"m": video}, {"m": above(3.0)}, tmp_path / f"{name}.svg")
    first = (tmp_path / "a.svg").read_text()
    assert first == (tmp_path / "b.svg").read_text()
    assert first.count("<svg") == 1


def test_every_model_has_its_own_bar_of_alarms(scored, tmp_path, drawn):
    models = {"a": scored(), "b": scored()}
    alarms = {"a": above(3.0), "b": above(2.0)}
    plot_regularity(models, alarms, tmp_path / "gate.png")
    bars = [bar.get_paths()[0].get_extents() for bar in drawn[0].axes[1].collections]
    assert bars[0].y1 < bars[1].y0
    assert bars[1].width > bars[0].width  # a lower threshold


def test_losses_that_are_no_numbers_are_not_drawn():
    history = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": float("nan")}]
    assert loss_points(history, "loss") == [(1, 0.5)]
    assert loss_points(history, "val_loss") == []


def test_each_kind_of_loss_has_an_axis_of_its_own(tmp_path, drawn):
    losses = {"a": "mse", "b": "categorical_crossentropy", "c": "mse"}
    plot_losses(dict.fromkeys(losses, HISTORY), losses, tmp_path / "losses.png")
    first, second = drawn[0].axes
    assert (len(first.lines), len(second.lines)) == (4, 2)
    assert [axes.get_ylabel() for axes in (first, second)] == [
        "loss (mse)",
        "loss (categorical_crossentropy)",
    ]
    assert drawn[0].get_suptitle()


def test_models_are_told_apart_without_colours(scored, tmp_path, drawn):
    models = {"a": scored(), "b": scored(), "c": scored()}
    plot_regularity(models, dict.fromkeys(models, above(3.0)), tmp_path / "gate.png")
    for axes in drawn[0].axes:
        curves = [line for line in axes.lines if line.get_label() in models]
        assert len({line.get_linestyle() for line in curves}) == 3


def test_the_axis_of_the_regularity_fits_it(scored, tmp_path, drawn):
    video = scored(errors=[90.0, 100.0, 95.0])
    plot_regularity({"m": video}, {"m": above(3.0)}, tmp_path / "gate.png")
    low, high = drawn[0].axes[0].get_ylim()
    assert 0.85 < low < 0.9
    assert 1 < high < 1.05


def test_a_long_curve_is_an_envelope_that_keeps_its_peaks(scored, tmp_path, drawn):
    errors = np.ones(90_000)
    errors[50_000] = 9.0
    video = scored(errors=errors, fps=25.0)
    plot_regularity({"m": video}, {"m": above(3.0)}, tmp_path / "long.png")
    upper = drawn[0].axes[0]
    assert len(upper.lines[0].get_xdata()) <= COLUMNS
    assert upper.collections[0].get_datalim(upper.transData).y0 == pytest.approx(1 - 8 / 9)
    lower = drawn[0].axes[1]
    assert lower.get_xlabel() == "time (h:min)"
    assert [tick.get_text() for tick in lower.get_xticklabels()][:4] == [
        "0:00",
        "0:10",
        "0:20",
        "0:30",
    ]


@pytest.mark.parametrize(
    ("duration", "label", "text"), [(90, "time (s)", None), (600, "time (min:s)", "9:00")]
)
def test_times_are_as_people_read_them(drawn, tmp_path, duration, label, text):
    with drawing(tmp_path / "a.png", 2.0) as figure:
        axes = figure.subplots()
        axes.set_xlim(0, duration)
        label_time(axes, duration, 1.0)
    assert axes.get_xlabel() == label
    assert text is None or axes.xaxis.get_major_formatter()(540, 0) == text


@pytest.mark.parametrize(
    ("count", "gaps", "label", "ticks"),
    [
        # 3.2 s of frames; the 17th of them is filmed 601.6 s after the first one.
        (32, (Gap(16, 601.6),), "time (s)", {0: "0", 1: "1", 2: "602", 3: "603"}),
        # Ten minutes, of which the second half begins an hour later, at 65:20.
        (6000, (Gap(3000, 3920.0),), "time (min:s)", {240: "4:00", 340: "66:00", 460: "68:00"}),
        # There is no room for 66:00, which is at 320.
        (6000, (Gap(3000, 3940.0),), "time (min:s)", {240: "4:00", 320: None, 440: "68:00"}),
    ],
)
def test_an_axis_leaves_gaps_out_and_its_labels_do_not(count, gaps, label, ticks, drawn, tmp_path):
    with drawing(tmp_path / "a.png", 2.0) as figure:
        axes = figure.subplots()
        label_time(axes, count, 10.0, gaps)
        mark_gaps(axes, 10.0, gaps)
    assert axes.get_xlabel() == label
    places = [round(place, 6) for place in axes.get_xticks()]
    found = dict(zip(places, (text.get_text() for text in axes.get_xticklabels()), strict=True))
    assert {place: found.get(place) for place in ticks} == ticks
    (dotted,) = axes.collections
    assert [segment[0, 0] for segment in dotted.get_segments()] == [gaps[0].frame / 10]
