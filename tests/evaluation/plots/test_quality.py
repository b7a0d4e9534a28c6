"""The plots: what they show, that they are the same every time, and that they leave nothing behind."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure
from PIL import Image

from burnish.evaluation.plots import (
    DARK,
    LIGHT,
    plot_confusion_matrix,
    plot_loss,
    plot_model_comparison,
    png_of,
    smoothed,
)

METRICS = {
    "nova_lite": {"accuracy": 0.175, "f1": 0.12, "recall": 0.175, "confusion_matrix": [[1]], "labels": ["a"]},
    "ft_nova_lite": {"accuracy": 0.8875, "f1": 0.9, "recall": 0.8875, "accuracy_interval": (0.8, 0.94)},
}


def texts(figure: Figure) -> list[str]:
    axes = figure.axes[0]
    legend = axes.get_legend().get_texts() if axes.get_legend() else []
    ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
    return [text.get_text() for text in (*axes.texts, *ticks, *legend)]


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_the_confusion_matrix_shows_every_count_and_label(tmp_path: Path):
    figure = plot_confusion_matrix([[7, 0], [3, 12]], ["form", "memo"], "Tuned", tmp_path / "cm.png")
    assert isinstance(figure, Figure)
    shown = texts(figure)
    assert [text for text in shown if text.isdigit()] == ["7", "3", "12"]
    assert shown.count("form") == shown.count("memo") == 2
    assert min(size_of(tmp_path / "cm.png")) > 200


def test_a_column_more_than_labels_is_for_pages_without_an_answer():
    assert "(no answer)" in texts(plot_confusion_matrix([[7, 0, 1], [3, 12, 0]], ["form", "memo"], "Base"))
    assert "(no answer)" not in texts(plot_confusion_matrix([[7, 0], [3, 12]], ["form", "memo"], "Base"))


def test_counts_are_readable_on_every_cell():
    from burnish.evaluation.plots.drawing import _rgb, blend, readable_on

    def luminance(colour: str) -> float:
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for theme in (LIGHT, DARK):
        for full in (theme.right, theme.wrong):
            for share in range(11):
                cell = blend(theme.empty, full, 0.16 + 0.084 * share)
                dark, light = sorted((luminance(cell), luminance(readable_on(cell))))
                assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("count", [1, 5, 20])
def test_the_figure_grows_with_the_labels(tmp_path: Path, count: int):
    labels = [f"document_type_{number}" for number in range(count)]
    cells = [[int(row == column) for column in range(count)] for row in range(count)]
    plot_confusion_matrix(cells, labels, "Tuned", tmp_path / "cm.png")
    assert size_of(tmp_path / "cm.png")[1] > count * 60


@pytest.mark.parametrize("label", ["cost $5 to $10", "$\\frac{$", "a_b^c", "", "x" * 300, "請求書"])
def test_a_label_is_text_whatever_it_contains(tmp_path: Path, label: str, recwarn: pytest.WarningsRecorder):
    plot_confusion_matrix([[1]], [label], label, tmp_path / "cm.png")
    plot_model_comparison({label: METRICS["nova_lite"]}, tmp_path / "bars.png")
    assert max(size_of(tmp_path / "cm.png")) < 4000


def test_the_comparison_shows_every_value_of_every_model(tmp_path: Path):
    figure = plot_model_comparison(METRICS, tmp_path / "comparison.png")
    shown = texts(figure)
    assert [text for text in shown if text.endswith("%")][:6] == ["18%", "12%", "18%", "89%", "90%", "89%"]
    assert {"nova_lite", "ft_nova_lite", "Accuracy", "F1 score", "Recall"} <= set(shown)
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")


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
    plot_confusion_matrix([[1]], ["memo"], "Tuned")
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
