"""What models cost against how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.appearance.colours import LIGHT, Theme, colour_of
from burnish.evaluation.plots import drawing
from burnish.evaluation.plots.texts import distinct

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Where the most expensive is so many times the cheapest, only a logarithmic axis shows both.
_FAR_APART = 20


@dataclass(frozen=True, kw_only=True)
class CostPoint:
    """What a model costs for 1,000 pages, in US dollars, and its accuracy with the 95 % interval."""

    usd: float
    accuracy: float
    interval: tuple[float, float]


def plot_cost_against_accuracy(
    points: Mapping[str, CostPoint],
    path: Path | str | None = None,
    *,
    among: Sequence[str] = (),
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """A dot for each model: up is better, left is cheaper; whiskers are 95 % intervals.

    Colours are those that the models have ``among`` all that are shown elsewhere.
    """
    figure, axes = drawing.new_figure(width, 2.9, theme)
    for (name, point), text in zip(points.items(), distinct(list(points)), strict=True):
        colour = colour_of(name, among or list(points), theme)
        low, high = point.interval
        whisker = [[point.accuracy - low], [high - point.accuracy]]
        axes.errorbar(
            [point.usd], [point.accuracy], whisker, fmt="none", ecolor=theme.muted, elinewidth=1, capsize=3
        )
        axes.plot([point.usd], [point.accuracy], "o", color=colour, markersize=9, label=text)
    costs = [point.usd for point in points.values()]
    # A logarithmic axis has no place for a model that is free.
    if min(costs) > 0 and max(costs) / min(costs) > _FAR_APART:
        axes.set_xscale("log")
    else:
        axes.set_xlim(0, max(costs) * 1.12 or 1)
    axes.set_ylim(0, 1.05)
    drawing.style_ticks(axes, theme)
    drawing.percent_axis(axes, axes.yaxis, theme)
    axes.xaxis.set_major_formatter(lambda usd, _: f"${usd:,.6g}")
    drawing.name_axes(axes, "For 1,000 pages", "Accuracy", theme)
    drawing.legend(axes, theme)
    return drawing.finish(figure, path)
