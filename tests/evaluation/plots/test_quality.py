"""The plots: what they show, that they are the same every time, and that they leave nothing behind."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure
from PIL import Image

from burnish.calibration.confidence import Coverage
from burnish.evaluation.plots import (
    DARK,
    LIGHT,
    CostPoint,
    plot_accuracies,
    plot_cost_against_accuracy,
    plot_loss,
    plot_model_comparison,
    plot_risk_coverage,
    png_of,
    smoothed,
)

METRICS = {
    "nova_lite": {"accuracy": 0.175, "f1": 0.12, "macro_f1": 0.1, "recall": 0.175, "labels": ["a"]},
    "ft_nova_lite": {"accuracy": 0.8875, "f1": 0.9, "macro_f1": 0.86, "accuracy_interval": (0.8, 0.94)},
}

COVERAGE = Coverage(threshold=0.5, pages=10, accepted=10, correct=9)
COST = CostPoint(usd=1.0, accuracy=0.9, interval=(0.8, 0.95))


def texts(figure: Figure) -> list[str]:
    axes = figure.axes[0]
    legend = axes.get_legend().get_texts() if axes.get_legend() else []
    ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
    return [text.get_text() for text in (*axes.texts, *ticks, *legend)]


def test_the_comparison_shows_every_value_of_every_model(tmp_path: Path):
    figure = plot_model_comparison(METRICS, tmp_path / "comparison.png")
    shown = texts(figure)
    assert [text for text in shown if text.endswith("%")][:6] == ["18%", "12%", "10%", "89%", "90%", "86%"]
    assert {"nova_lite", "ft_nova_lite", "Accuracy", "Weighted F1", "Macro F1"} <= set(shown)
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_weighted_recall_is_not_drawn_and_neither_is_a_score_that_a_model_lacks():
    documents = {"m": {"accuracy": 0.8, "f1": 0.79, "recall": 0.8}}
    ticks = plot_model_comparison(documents).axes[0].get_xticklabels()
    assert [text.get_text() for text in ticks] == ["Accuracy", "Weighted F1"]


def test_an_interval_is_drawn_only_where_it_is_given():
    def whiskers(metrics: dict[str, dict[str, object]]) -> int:
        return len(
            [
                it
                for it in plot_model_comparison(metrics).axes[0].containers
                if "ErrorbarContainer" in repr(type(it))
            ]
        )

    assert whiskers({"a": METRICS["nova_lite"]}) == 0
    assert whiskers(METRICS) == 1


def test_the_loss_shows_raw_and_smoothed_training_and_validation_points(tmp_path: Path):
    training = [(step, 3 / step) for step in range(1, 61)]
    figure = plot_loss(training, [(30, 0.4), (60, 0.3)], tmp_path / "loss.png")
    raw, smooth, validation = figure.axes[0].lines
    assert list(raw.get_xdata()) == list(smooth.get_xdata()) == list(range(1, 61))
    assert list(validation.get_ydata()) == [0.4, 0.3]
    assert figure.axes[0].get_ylim()[1] > 3
    assert {"Training (smoothed)", "Validation"} <= set(texts(figure))
    assert (tmp_path / "loss.png").exists()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["_base", "請求書", "$x$ and $y$", "", "x" * 300, "a\nb", "<b>"])
def test_a_model_is_in_the_legend_whatever_it_is_called(tmp_path: Path, name: str):
    for draw in (
        lambda: plot_model_comparison({name: METRICS["nova_lite"], "other": METRICS["nova_lite"]}),
        lambda: plot_risk_coverage({name: [COVERAGE], "other": [COVERAGE]}, 0.95),
        lambda: plot_cost_against_accuracy({name: COST, "other": COST}),
    ):
        figure = draw()
        png_of(figure)
        assert len(figure.axes[0].get_legend().get_texts()) == 2


def test_a_loss_that_spans_decades_is_logarithmic_and_another_begins_at_nothing():
    falling = [(step, 2.0 / step**2) for step in range(1, 41)]
    axes = plot_loss(falling, [(40, 0.002)]).axes[0]
    assert (axes.get_yscale(), axes.get_ylabel()) == ("log", "Loss (logarithmic)")
    assert min(loss for _, loss in falling) > axes.get_ylim()[0] > 0
    for near in ([(1, 2.0), (2, 0.5)], [(1, 2.0), (2, 0.0)]):
        axes = plot_loss(near, []).axes[0]
        assert (axes.get_yscale(), axes.get_ylim()[0]) == ("linear", 0)


def test_the_loss_of_a_model_has_its_colour_and_no_other_models():
    training, validation = [(1, 2.0), (2, 1.0)], [(2, 1.1)]
    lines = plot_loss(training, validation, place=2).axes[0].lines
    assert [line.get_color() for line in lines] == [LIGHT.models[2], LIGHT.models[2], LIGHT.ink]


@pytest.mark.parametrize(("training", "validation"), [([], [(1, 0.5)]), ([(1, 0.5)], []), ([], [])])
def test_a_loss_of_which_little_is_known_is_still_a_plot(
    training: list[tuple[int, float]], validation: list[tuple[int, float]]
):
    assert png_of(plot_loss(training, validation)).startswith(b"\x89PNG")


def test_smoothing_keeps_a_constant_and_narrows_noise():
    assert smoothed([2.0] * 50) == pytest.approx([2.0] * 50)
    noise = [float(step % 2) for step in range(200)]
    assert all(abs(value - 0.5) < 0.1 for value in smoothed(noise))
    assert smoothed([]) == []


def test_the_same_plot_is_the_same_bytes():
    assert png_of(plot_model_comparison(METRICS)) == png_of(plot_model_comparison(METRICS))


def test_a_dark_plot_has_the_dark_papers_colour():
    for theme, paper in ((LIGHT, (255, 255, 255)), (DARK, (0x17, 0x1B, 0x24))):
        image = Image.open(io.BytesIO(png_of(plot_model_comparison(METRICS, theme=theme)))).convert("RGB")
        assert image.getpixel((1, 1)) == paper


def test_plots_leave_no_figure_and_no_setting_behind():
    from matplotlib import pyplot

    before = dict(rcParams)
    plot_model_comparison(METRICS)
    plot_accuracies({"memo": (0.5, (0.4, 0.6))})
    assert pyplot.get_fignums() == []
    assert dict(rcParams) == before


def test_plots_can_be_drawn_in_several_threads_at_once(tmp_path: Path):
    expected = png_of(plot_model_comparison(METRICS))
    drawn: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: drawn.append(png_of(plot_model_comparison(METRICS))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == [expected] * 4
