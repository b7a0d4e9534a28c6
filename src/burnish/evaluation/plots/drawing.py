"""How every plot is drawn: fonts, axes, and figures as PNG and SVG.

Nothing touches pyplot, plots may be drawn from any thread, and nothing stays in memory.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from burnish.appearance.colours import Theme
from burnish.disk import replace_file
from burnish.evaluation.plots.fonts import fonts
from burnish.evaluation.plots.texts import drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

DOTS_PER_INCH = 192
_SVG_SETTINGS = Lock()
#: In inches: a legend beside itself would make a narrower plot wider.
_NARROW = 4.0


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


def svg_of(figure: Figure) -> bytes:
    """The figure as SVG, its letters as shapes, so that it looks the same where fonts are missing."""
    import matplotlib

    drawn = io.BytesIO()
    # A salt and no date: the same figure makes the same bytes. Only settings know the salt, so one at a time.
    with _SVG_SETTINGS, matplotlib.rc_context({"svg.hashsalt": "burnish", "svg.fonttype": "path"}):
        figure.savefig(drawn, format="svg", bbox_inches="tight", pad_inches=0.08, metadata={"Date": None})
    return drawn.getvalue()


def new_figure(width: float, height: float, theme: Theme) -> tuple[Figure, Axes]:
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


def finish(figure: Figure, path: Path | str | None) -> Figure:
    """The figure, written where a path is given: as SVG where that ends in ``.svg``, else as PNG."""
    if path is not None:
        draw = svg_of if Path(path).suffix == ".svg" else png_of
        replace_file(Path(path), draw(figure))
    return figure


def label_axis(
    axis: Axis, labels: Sequence[str], theme: Theme, *, fontsize: float = 9.5, **style: object
) -> None:
    """Write texts along an axis, in their order."""
    # A label is anybody's text: it must not be read as a formula because it holds two dollar signs.
    axis.set_ticks(range(len(labels)), labels=labels, parse_math=False)
    axis.set_tick_params(length=0, pad=5)
    for text in axis.get_ticklabels():
        text.set(color=theme.ink, **font(fontsize), **style)


def percent_axis(axes: Axes, axis: Axis, theme: Theme) -> None:
    """Quarters from 0 to 100 % along one axis, and lines across from them."""
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1.0], labels=["0%", "25%", "50%", "75%", "100%"])
    axis.set_tick_params(length=0, pad=5)
    axis.grid(visible=True, color=theme.line, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    for text in axis.get_ticklabels():
        text.set(color=theme.muted, **font(9))


def name_axes(axes: Axes, across: str, up: str, theme: Theme) -> None:
    """What is measured along each axis."""
    axes.set_xlabel(across, color=theme.muted, labelpad=6, **font(9.5))
    axes.set_ylabel(up, color=theme.muted, labelpad=6, **font(9.5))


def style_ticks(axes: Axes, theme: Theme) -> None:
    """Ticks without marks, in the colours of the theme."""
    axes.tick_params(which="minor", length=0)
    axes.tick_params(length=0, pad=5, labelcolor=theme.muted, labelsize=9, labelfontfamily=fonts())
    axes.yaxis.grid(visible=True, color=theme.line, linewidth=0.8)
    axes.set_axisbelow(True)


def legend(axes: Axes, theme: Theme) -> None:
    """What each colour is, above the plot, in as many columns as it is wide for."""
    handles, names = axes.get_legend_handles_labels()
    if not handles:
        return
    columns = 3 if axes.get_window_extent().width / axes.figure.dpi > _NARROW else 1
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "borderaxespad": 0.4, "borderpad": 0}
    legend = axes.legend(
        handles, names, ncols=columns, frameon=False, handlelength=1.1, columnspacing=1.6, **place
    )
    for text in legend.get_texts():
        text.set(color=theme.ink, parse_math=False, **font(10))


def set_title(axes: Axes, title: str, theme: Theme) -> None:
    """A title over the plot, from the left."""
    style: dict[str, Any] = {"loc": "left", "color": theme.ink, "fontsize": 11.5, "weight": "bold", "pad": 10}
    axes.set_title(drawn(title, 60), fontfamily=fonts(), parse_math=False, **style)


def font(size: float) -> dict[str, Any]:
    """The font in this size, for whatever takes one."""
    return {"fontsize": size, "fontfamily": fonts()}
