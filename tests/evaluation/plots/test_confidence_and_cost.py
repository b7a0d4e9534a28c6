"""Plots of confidence and of cost: what they show, in the same colours as elsewhere, as PNG and as SVG."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.colors import to_hex
from PIL import Image

from burnish.calibration.confidence import Bin, Coverage
from burnish.evaluation.plots import (
    DARK,
    LIGHT,
    CostPoint,
    plot_accuracies,
    plot_cost_against_accuracy,
    plot_reliability,
    plot_risk_coverage,
)

BINS = (Bin(confidence=0.55, accuracy=0.5, pages=4), Bin(confidence=0.95, accuracy=0.8, pages=40))
CURVE = tuple(
    Coverage(threshold=1 - n / 10, pages=400, accepted=40 * n, correct=40 * n - n * n) for n in range(1, 11)
)
COSTS = {
    "cheap": CostPoint(usd=0.05, accuracy=0.8, interval=(0.7, 0.87)),
    "dear": CostPoint(usd=4.0, accuracy=0.9, interval=(0.82, 0.95)),
}


def test_a_reliability_diagram_has_the_diagonal_and_a_dot_with_an_interval_for_each_bin():
    axes = plot_reliability({"Uncalibrated": BINS, "Calibrated": BINS[:1]}, place=2).axes[0]
    diagonal, *drawn = [line for line in axes.lines if len(line.get_xdata())]
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    intervals, dots = drawn[::2], drawn[1::2]
    assert [list(dot.get_ydata()) for dot in dots] == [[0.5], [0.8], [0.5]]
    assert tuple(intervals[1].get_ydata()) == BINS[1].accuracy_interval
    small, large, _ = (dot.get_markersize() for dot in dots)
    assert small < large
    # One model, one colour: what counts is filled.
    assert {line.get_color() for line in drawn} == {LIGHT.models[2]}
    assert [dot.get_markerfacecolor() for dot in dots] == [LIGHT.paper, LIGHT.paper, LIGHT.models[2]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Uncalibrated", "Calibrated"]


def test_a_risk_coverage_plot_shows_the_wrong_share_and_what_is_tolerated():
    axes = plot_risk_coverage({"m": CURVE}, 0.95).axes[0]
    assert list(axes.lines[0].get_ydata()) == pytest.approx([n / 40 for n in range(1, 11)])
    assert any("5% wrong" in text.get_text() for text in axes.texts)


def test_a_model_has_the_colour_that_it_has_among_all_models():
    among = ("base", "tuned", "dear")
    risk = plot_risk_coverage({"tuned": CURVE}, 0.95, among=among).axes[0]
    cost = plot_cost_against_accuracy({"dear": COSTS["dear"]}, among=among).axes[0]
    bars = plot_accuracies(dict.fromkeys(among, (0.5, (0.4, 0.6)))).axes[0]
    assert risk.lines[0].get_color() == to_hex(bars.patches[1].get_facecolor()) == LIGHT.models[1]
    assert LIGHT.models[2] in {line.get_color() for line in cost.lines}


def test_prices_far_apart_are_both_seen():
    assert plot_cost_against_accuracy(COSTS).axes[0].get_xscale() == "log"
    near = {"cheap": COSTS["cheap"], "free": CostPoint(usd=0, accuracy=0.5, interval=(0.4, 0.6))}
    assert plot_cost_against_accuracy(near).axes[0].get_xscale() == "linear"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_svg_and_png_are_the_same_every_time(tmp_path: Path, theme):
    for suffix in (".png", ".svg"):
        for name in ("one", "two"):
            plot_risk_coverage({"m": CURVE}, 0.95, tmp_path / f"{name}{suffix}", theme=theme)
        one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two
    assert (tmp_path / "one.svg").read_text().rstrip().endswith("</svg>")
    with Image.open(tmp_path / "one.png") as image:
        assert image.width > 600
