"""How far confidence can be believed, and what is gained by leaving some answers to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.appearance.colours import LIGHT, Theme, colour_of
from burnish.evaluation.plots import drawing
from burnish.evaluation.plots.texts import distinct

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from burnish.calibration.confidence import Bin, Coverage

_MIN_DOT, _MAX_DOT = 4.5, 11


def plot_reliability(
    curves: Mapping[str, Sequence[Bin]],
    path: Path | str | None = None,
    *,
    place: int = 1,
    theme: Theme = LIGHT,
    width: float = 3.6,
) -> Figure:
    """How often answers are right by the model's confidence; on the dashed line the two agree.

    A dot is a bin of pages, larger for more of them, with the 95 % interval of its accuracy (reliability
    diagram, DeGroot and Fienberg, 1983). Of several series all but the last are hollow. ``place`` says which
    of the models' colours the model has.
    """
    figure, axes = drawing.new_figure(width, width, theme)
    axes.plot([0, 1], [0, 1], linestyle=(0, (4, 4)), color=theme.muted, linewidth=1, zorder=1)
    most = max((one.pages for bins in curves.values() for one in bins), default=1)
    colour = theme.models[place % len(theme.models)]
    for number, (name, bins) in enumerate(curves.items(), 1):
        fill = colour if number == len(curves) else theme.paper
        for one in bins:
            _draw_bin(axes, one, _MIN_DOT + (_MAX_DOT - _MIN_DOT) * one.pages / most, colour, fill)
        # A dot of no bin brings the series into the legend once, and in one size.
        axes.plot([], [], "o", color=colour, markerfacecolor=fill, markersize=7, label=name)
    axes.set_xlim(-0.03, 1.05)
    axes.set_ylim(-0.03, 1.05)
    drawing.percent_axis(axes, axes.xaxis, theme)
    drawing.percent_axis(axes, axes.yaxis, theme)
    drawing.name_axes(axes, "Confidence", "Accuracy", theme)
    drawing.legend(axes, theme)
    return drawing.finish(figure, path)


def _draw_bin(axes: Axes, one: Bin, size: float, colour: str, fill: str) -> None:
    low, high = one.accuracy_interval
    axes.plot([one.confidence] * 2, [low, high], color=colour, alpha=0.55, linewidth=1.3, zorder=2)
    axes.plot([one.confidence], [one.accuracy], "o", color=colour, markerfacecolor=fill, markersize=size)


def plot_risk_coverage(
    curves: Mapping[str, Sequence[Coverage]],
    wanted_precision: float,
    path: Path | str | None = None,
    *,
    among: Sequence[str] = (),
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """The share of wrong ones among accepted answers, by how many are accepted: the most confident first.

    The dashed line is what is tolerated (risk-coverage curve, El-Yaniv and Wiener, 2010). Colours are those
    that the models have ``among`` all that are shown elsewhere.
    """
    figure, axes = drawing.new_figure(width, 2.9, theme)
    risks = [1 - one.precision for curve in curves.values() for one in curve]
    tolerated = 1 - wanted_precision
    for (name, curve), text in zip(curves.items(), distinct(list(curves)), strict=True):
        coverage, risk = [one.coverage for one in curve], [1 - one.precision for one in curve]
        colour = colour_of(name, among or list(curves), theme)
        axes.plot(coverage, risk, color=colour, linewidth=2, label=text, drawstyle="steps-post")
        axes.plot(coverage[-1:], risk[-1:], "o", color=colour, markersize=6)
    axes.axhline(tolerated, linestyle=(0, (4, 4)), color=theme.muted, linewidth=1, zorder=1)
    # Beside the plot: within it there is no place that no curve may cross.
    axes.text(1.03, tolerated, f"{tolerated:.0%} wrong", color=theme.muted, va="center", **drawing.font(9))
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, max([*risks, 2 * tolerated, 0.1]) * 1.08)
    drawing.style_ticks(axes, theme)
    drawing.percent_axis(axes, axes.xaxis, theme)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g}%")
    drawing.name_axes(axes, "Coverage", "Of these wrong", theme)
    drawing.legend(axes, theme)
    return drawing.finish(figure, path)
