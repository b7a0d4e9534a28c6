"""How good models are, and how training went: comparison, accuracies, loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.appearance.colours import LIGHT, Theme, colour_of
from burnish.evaluation.plots import drawing
from burnish.evaluation.plots.texts import distinct

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Points = Sequence[tuple[float, float]]
    #: A score, and its interval where that is known.
    _Bar = tuple[float, tuple[float, float] | None]

#: Not the weighted recall, which is the accuracy once more.
_SCORES = {"accuracy": "Accuracy", "f1": "Weighted F1", "macro_f1": "Macro F1"}
#: Where the highest loss is so many times the lowest, only a logarithmic axis shows both.
_FAR_APART = 20
#: And where it is so many times the lowest, ticks at the decades are enough.
_DECADES_APART = 300


def plot_model_comparison(
    all_metrics: Mapping[str, Mapping[str, Any]],
    path: Path | str | None = None,
    *,
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """A bar for each model and score (``accuracy``, ``f1``, ``macro_f1``; each between 0 and 1).

    A score that a model lacks is left out for all. A model's ``accuracy_interval``, a pair, is drawn as a
    whisker. ``width`` is in inches.
    """
    scores = [key for key in _SCORES if all(key in metrics for metrics in all_metrics.values())]
    bar = min(0.32, 0.78 / max(1, len(all_metrics)))
    figure, axes = drawing.new_figure(max(width, 0.5 * len(scores) * len(all_metrics)), 2.9, theme)
    names = distinct(list(all_metrics))
    for number, (name, metrics) in enumerate(zip(names, all_metrics.values(), strict=True)):
        offset = (number - (len(all_metrics) - 1) / 2) * bar * 1.1
        colour = theme.models[number % len(theme.models)]
        bars: list[_Bar] = [(float(metrics[key]), metrics.get(f"{key}_interval")) for key in scores]
        _draw_scores(axes, bars, offset, bar, colour, theme)
        # A bar of no height brings the name into the legend once, and not once for each score.
        axes.bar([0], [0], color=colour, label=name)
    axes.set_xlim(-0.6, len(scores) - 0.4)
    axes.set_ylim(0, 1.14)
    drawing.label_axis(axes.xaxis, [_SCORES[key] for key in scores], theme, fontsize=10.5)
    drawing.percent_axis(axes, axes.yaxis, theme)
    drawing.legend(axes, theme)
    return drawing.finish(figure, path)


def plot_accuracies(
    accuracies: Mapping[str, tuple[float, tuple[float, float]]],
    path: Path | str | None = None,
    *,
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """A bar for each model's accuracy with its 95 % interval, one below the other, for any number of them."""
    figure, axes = drawing.new_figure(width, 0.46 * len(accuracies) + 0.1, theme)
    for row, (name, (accuracy, (low, high))) in enumerate(accuracies.items()):
        colour = colour_of(name, list(accuracies), theme)
        axes.barh([row], [accuracy], height=0.62, color=colour, zorder=2)
        _draw_whisker(axes, accuracy, row, theme, xerr=[[accuracy - low], [high - accuracy]])
        _write_share(axes, max(accuracy, high) + 0.02, row, accuracy, theme, va="center")
    axes.set_ylim(len(accuracies) - 0.5, -0.5)
    axes.set_xlim(0, 1.14)
    drawing.label_axis(axes.yaxis, distinct(list(accuracies)), theme, fontsize=10)
    drawing.percent_axis(axes, axes.xaxis, theme)
    return drawing.finish(figure, path)


def plot_loss(
    training_steps: Points,
    validation_points: Points,
    path: Path | str | None = None,
    *,
    place: int = 1,
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """Training loss by step, raw and smoothed, and the validation loss where it was measured.

    Both are pairs of step and loss; where these span decades, the axis is logarithmic. ``place`` says which
    of the models' colours the model has.
    """
    figure, axes = drawing.new_figure(width, 2.9, theme)
    colour = theme.models[place % len(theme.models)]
    if training_steps:
        steps, losses = zip(*training_steps, strict=True)
        axes.plot(steps, losses, color=colour, alpha=0.35, linewidth=1)
        axes.plot(steps, smoothed(losses), color=colour, linewidth=2.2, label="Training (smoothed)")
    if validation_points:
        steps, losses = zip(*validation_points, strict=True)
        # No other model's colour: a second line of this one, told by its shape.
        style: dict[str, Any] = {"markersize": 7, "markeredgecolor": theme.paper, "markeredgewidth": 1.5}
        axes.plot(steps, losses, "o--", color=theme.ink, linewidth=1.2, label="Validation", **style)
    scale = _scale_losses(axes, [loss for _, loss in (*training_steps, *validation_points)])
    axes.margins(x=0.02)
    drawing.style_ticks(axes, theme)
    drawing.name_axes(axes, "Step", scale, theme)
    drawing.legend(axes, theme)
    return drawing.finish(figure, path)


def plot_learning_curve(
    points: Sequence[tuple[float, float, tuple[float, float]]],
    path: Path | str | None = None,
    *,
    place: int = 1,
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """Accuracy by the number of training pages, each with its 95 % interval.

    ``place`` says which of the models' colours the model has.
    """
    figure, axes = drawing.new_figure(width, 2.9, theme)
    pages, accuracies, intervals = zip(*points, strict=True)
    below = [one - low for one, (low, _) in zip(accuracies, intervals, strict=True)]
    above = [high - one for one, (_, high) in zip(accuracies, intervals, strict=True)]
    whisker: dict[str, Any] = {"fmt": "none", "ecolor": theme.muted, "elinewidth": 1, "capsize": 3}
    axes.errorbar(pages, accuracies, [below, above], **whisker)
    axes.plot(pages, accuracies, "o-", color=theme.models[place % len(theme.models)], markersize=8)
    axes.set_xlim(0, max(pages) * 1.06)
    axes.set_ylim(0, 1.05)
    drawing.style_ticks(axes, theme)
    drawing.percent_axis(axes, axes.yaxis, theme)
    drawing.name_axes(axes, "Training pages", "Accuracy", theme)
    return drawing.finish(figure, path)


def _scale_losses(axes: Axes, losses: Sequence[float]) -> str:
    """The name of the axis of losses, which is made logarithmic where they span decades."""
    from matplotlib.ticker import LogLocator, NullFormatter

    lowest, highest = min(losses, default=0.0), max(losses, default=1.0)
    # A logarithmic axis has no place for a loss of 0.
    if lowest <= 0 or highest / lowest <= _FAR_APART:
        axes.set_ylim(0, highest * 1.06)
        return "Loss"
    axes.set_yscale("log")
    axes.set_ylim(lowest / 1.4, highest * 1.4)
    steps = (1.0, 2.0, 5.0) if highest / lowest < _DECADES_APART else (1.0,)
    axes.yaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axes.yaxis.set_major_formatter(lambda loss, _: f"{loss:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    return "Loss (logarithmic)"


def smoothed(values: Sequence[float]) -> list[float]:
    """Each value's mean with its neighbours, a twentieth of all values to either side."""
    reach = len(values) // 20
    windows = (values[max(0, at - reach) : at + reach + 1] for at in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def _draw_scores(
    axes: Axes, bars: Sequence[_Bar], offset: float, width: float, colour: str, theme: Theme
) -> None:
    for place, (value, interval) in enumerate(bars):
        low, high = interval or (value, value)
        x, top = place + offset, max(value, high) + 0.02
        axes.bar([x], [value], width=width, color=colour, zorder=2)
        if low < high:
            # Whoever calls gives the interval, and it need not hold the value: matplotlib takes no negatives.
            _draw_whisker(axes, x, value, theme, yerr=[[max(0.0, value - low)], [max(0.0, high - value)]])
        _write_share(axes, x, top, value, theme, ha="center", va="bottom")


def _draw_whisker(axes: Axes, x: float, y: float, theme: Theme, **reach: object) -> None:
    from matplotlib.patheffects import withStroke

    style: dict[str, Any] = {"fmt": "none", "elinewidth": 1.2, "capsize": 3.5, "zorder": 3, **reach}
    whisker = axes.errorbar([x], [y], ecolor=theme.ink, **style)
    for line in whisker.get_children():
        # Outlined, or it would not be seen on a dark bar.
        line.set_path_effects([withStroke(linewidth=3, foreground=theme.paper)])


def _write_share(axes: Axes, x: float, y: float, share: float, theme: Theme, **place: object) -> None:
    style: dict[str, Any] = {"weight": "bold", **drawing.font(10), **place}
    axes.text(x, y, f"{share:.0%}", color=theme.ink, **style)
