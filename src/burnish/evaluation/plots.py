"""The plots of an evaluation: confusion matrix, comparison of models, loss.

Every function returns a `matplotlib.figure.Figure` and writes it as PNG where a path is given. None touches
pyplot or matplotlib's global settings, so they may be called from any thread and nothing stays in memory.
Blue and orange throughout, which people of every kind of colour vision tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from burnish.evaluation.metrics import NO_ANSWER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    Points = Sequence[tuple[float, float]]

DOTS_PER_INCH = 192
#: Fonts that look like the report's own text, the first that is there; DejaVu Sans comes with matplotlib.
FONTS = ("Inter", "Segoe UI", "Helvetica Neue", "Roboto", "Noto Sans", "Liberation Sans", "Arial")
_SCORES = {"accuracy": "Accuracy", "f1": "F1 score", "recall": "Recall"}


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a plot, as ``#rrggbb``."""

    paper: str
    ink: str
    muted: str
    line: str
    #: One colour for each model: the base model's comes first and recedes.
    models: tuple[str, ...]
    right: str
    wrong: str
    empty: str


LIGHT = Theme(
    paper="#ffffff",
    ink="#1b2130",
    muted="#5c6577",
    line="#dfe3ea",
    models=("#a3adbd", "#1f66d1", "#d55e00", "#009e73", "#cc79a7", "#56b4e9"),
    right="#174f9f",
    wrong="#cf5a0a",
    empty="#f5f6f9",
)
DARK = Theme(
    paper="#171b24",
    ink="#e9ecf2",
    muted="#9ba5b7",
    line="#2c3340",
    models=("#6f7a8d", "#62a6ff", "#ff9a4d", "#35c79a", "#e39ac4", "#8fd0f5"),
    right="#62a6ff",
    wrong="#ff9440",
    empty="#1e232e",
)


def plot_confusion_matrix(
    cm: Sequence[Sequence[int]],
    labels: Sequence[str],
    title: str,
    path: Path | str | None = None,
    *,
    theme: Theme = LIGHT,
) -> Figure:
    """Rows are the true labels, columns the predicted ones; one column more is pages without an answer.

    Blue is right, orange is wrong, and the strength is the share of the row.
    """
    columns = [*labels, NO_ANSWER] if any(len(row) > len(labels) for row in cm) else list(labels)
    cell = 0.44 if len(labels) <= 12 else 0.37
    figure, axes = _figure(cell * len(columns), cell * len(labels), theme)
    for row, counts in enumerate(cm):
        _draw_row(axes, row, counts, theme)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    _label_axis(axes.xaxis, columns, theme, rotation=45, ha="right", rotation_mode="anchor")
    _label_axis(axes.yaxis, labels, theme)
    axes.set_xlabel("Predicted", color=theme.muted, labelpad=6, **_font(9.5))
    axes.set_ylabel("True", color=theme.muted, labelpad=6, **_font(9.5))
    _set_title(axes, title, theme)
    return _finish(figure, path)


def plot_model_comparison(
    all_metrics: Mapping[str, Mapping[str, Any]],
    path: Path | str | None = None,
    *,
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """A bar for each model and score (``accuracy``, ``f1``, ``recall``; each between 0 and 1).

    A model's ``accuracy_interval``, a pair, is drawn as a whisker. ``width`` is in inches.
    """
    bar = min(0.32, 0.78 / max(1, len(all_metrics)))
    figure, axes = _figure(max(width, 0.5 * len(_SCORES) * len(all_metrics)), 2.9, theme)
    for number, (name, metrics) in enumerate(all_metrics.items()):
        offset = (number - (len(all_metrics) - 1) / 2) * bar * 1.1
        colour = theme.models[number % len(theme.models)]
        _draw_scores(axes, metrics, offset, bar, colour, theme)
        axes.bar([0], [0], color=colour, label=_shortened(name))
    axes.set_xlim(-0.6, len(_SCORES) - 0.4)
    axes.set_ylim(0, 1.14)
    _label_axis(axes.xaxis, list(_SCORES.values()), theme, fontsize=10.5)
    _percent_axis(axes, theme)
    _legend(axes, theme)
    return _finish(figure, path)


def plot_loss(
    training_steps: Points,
    validation_points: Points,
    path: Path | str | None = None,
    *,
    theme: Theme = LIGHT,
    width: float = 7.2,
) -> Figure:
    """Training loss by step, raw and smoothed, and the validation loss where it was measured.

    Both are pairs of step and loss.
    """
    figure, axes = _figure(width, 2.9, theme)
    accent, other = theme.models[1], theme.models[2]
    if training_steps:
        steps, losses = zip(*training_steps, strict=True)
        axes.plot(steps, losses, color=accent, alpha=0.35, linewidth=1)
        axes.plot(steps, smoothed(losses), color=accent, linewidth=2.2, label="Training (smoothed)")
    if validation_points:
        steps, losses = zip(*validation_points, strict=True)
        style: dict[str, Any] = {"markersize": 7, "markeredgecolor": theme.paper, "markeredgewidth": 1.5}
        axes.plot(steps, losses, "o--", color=other, linewidth=1.2, label="Validation", **style)
    highest = max((loss for _, loss in (*training_steps, *validation_points)), default=1.0)
    axes.set_ylim(0, highest * 1.06)
    axes.margins(x=0.02)
    _style_ticks(axes, theme)
    axes.set_xlabel("Step", color=theme.muted, labelpad=6, **_font(9.5))
    axes.set_ylabel("Loss", color=theme.muted, labelpad=6, **_font(9.5))
    _legend(axes, theme)
    return _finish(figure, path)


def smoothed(values: Sequence[float]) -> list[float]:
    """Each value's mean with its neighbours, a twentieth of all values to either side."""
    reach = len(values) // 20
    windows = (values[max(0, at - reach) : at + reach + 1] for at in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def png_of(figure: Figure) -> bytes:
    """The figure as PNG: the same figure makes the same bytes."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    quickly = {"compress_level": 1}
    figure.savefig(
        drawn, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", pad_inches=0.08, pil_kwargs=quickly
    )
    # A plot has few colours: with a palette the file is a third and looks the same.
    image = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(small, format="PNG", optimize=True)
    return small.getvalue()


def _figure(width: float, height: float, theme: Theme) -> tuple[Figure, Axes]:
    """A figure whose axes measure ``width`` by ``height`` inches; what is around them is added on saving."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    around = 1.6
    size = (width + 2 * around, height + 2 * around)
    figure = Figure(figsize=size, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    place = (around / size[0], around / size[1], width / size[0], height / size[1])
    axes = figure.add_axes(place, facecolor=theme.paper)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure, axes


def _finish(figure: Figure, path: Path | str | None) -> Figure:
    if path is not None:
        Path(path).write_bytes(png_of(figure))
    return figure


def _draw_row(axes: Axes, row: int, counts: Sequence[int], theme: Theme) -> None:
    total = sum(counts)
    for column, count in enumerate(counts):
        full = theme.right if column == row else theme.wrong
        colour = _blend(theme.empty, full, 0.16 + 0.84 * count / total) if count else theme.empty
        _draw_cell(axes, column, row, colour)
        if count:
            weight = "bold" if column == row else "normal"
            ink = _readable_on(colour)
            axes.text(
                column, row, str(count), color=ink, weight=weight, ha="center", va="center", **_font(9.5)
            )


def _draw_cell(axes: Axes, column: int, row: int, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    corner = (column - 0.46, row - 0.46)
    shape = "round,pad=0,rounding_size=0.1"
    axes.add_patch(FancyBboxPatch(corner, 0.92, 0.92, boxstyle=shape, facecolor=colour, linewidth=0))


def _draw_scores(
    axes: Axes, metrics: Mapping[str, Any], offset: float, width: float, colour: str, theme: Theme
) -> None:
    for place, score in enumerate(_SCORES):
        value = float(metrics[score])
        low, high = metrics.get(f"{score}_interval") or (value, value)
        x, top = place + offset, max(value, high) + 0.02
        axes.bar([x], [value], width=width, color=colour, zorder=2)
        if low < high:
            whisker = [[max(0.0, value - low)], [max(0.0, high - value)]]
            axes.errorbar(
                [x], [value], whisker, fmt="none", ecolor=theme.ink, elinewidth=1.2, capsize=3.5, zorder=3
            )
        axes.text(
            x, top, f"{value:.0%}", color=theme.ink, weight="bold", ha="center", va="bottom", **_font(10)
        )


def _label_axis(
    axis: Axis, labels: Sequence[str], theme: Theme, *, fontsize: float = 9.5, **style: object
) -> None:
    # A label is anybody's text: it must not be read as a formula because it holds two dollar signs.
    texts = [_shortened(label) for label in labels]
    axis.set_ticks(range(len(texts)), labels=texts, parse_math=False)
    axis.set_tick_params(length=0, pad=5)
    for text in axis.get_ticklabels():
        text.set(color=theme.ink, **_font(fontsize), **style)


def _percent_axis(axes: Axes, theme: Theme) -> None:
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], labels=["0%", "25%", "50%", "75%", "100%"])
    axes.yaxis.set_tick_params(length=0, pad=5)
    axes.yaxis.grid(visible=True, color=theme.line, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    for text in axes.get_yticklabels():
        text.set(color=theme.muted, **_font(9))


def _style_ticks(axes: Axes, theme: Theme) -> None:
    axes.tick_params(length=0, pad=5, labelcolor=theme.muted, labelsize=9, labelfontfamily=_fonts())
    axes.yaxis.grid(visible=True, color=theme.line, linewidth=0.8)
    axes.set_axisbelow(True)


def _legend(axes: Axes, theme: Theme) -> None:
    handles, names = axes.get_legend_handles_labels()
    if not handles:
        return
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "borderaxespad": 0.4, "borderpad": 0}
    legend = axes.legend(handles, names, ncols=3, frameon=False, handlelength=1.1, columnspacing=1.6, **place)
    for text in legend.get_texts():
        text.set(color=theme.ink, parse_math=False, **_font(10))


def _set_title(axes: Axes, title: str, theme: Theme) -> None:
    style: dict[str, Any] = {"loc": "left", "color": theme.ink, "fontsize": 11.5, "weight": "bold", "pad": 10}
    axes.set_title(_shortened(title, 60), fontfamily=_fonts(), parse_math=False, **style)


def _font(size: float) -> dict[str, Any]:
    return {"fontsize": size, "fontfamily": _fonts()}


@cache
def _fonts() -> list[str]:
    """Fonts that are installed, in our order: asking for one that is not makes matplotlib complain."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return [*[name for name in FONTS if name in installed][:1], "DejaVu Sans"]


def _shortened(text: str, longest: int = 26) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _blend(start: str, end: str, share: float) -> str:
    mixed = [round(255 * (a + (b - a) * share)) for a, b in zip(_rgb(start), _rgb(end), strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _readable_on(colour: str) -> str:
    """Black or white, whichever has more contrast (WCAG 2's relative luminance)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000000"
