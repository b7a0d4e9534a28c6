"""The style sheet of the site: that of reports with its colours, and what only the pages of the site need."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from burnish.appearance.colours import DARK, LIGHT, Theme, blend, css_variables, readable_on

#: As many strengths of a colour as a cell of a matrix can have.
STRENGTHS = 10
_DARK = "@media screen and (prefers-color-scheme: dark)"


def strength(share: float) -> int:
    """Which strength a share above 0 is shown with, from 1 to `STRENGTHS`."""
    return min(STRENGTHS, int(share * STRENGTHS) + 1)


@cache
def stylesheet() -> str:
    """The style sheet. As classes what reports have inline: no page here allows that."""
    shared = files("burnish.appearance").joinpath("templates/page.css").read_text()
    own = files("burnish.ui").joinpath("static/own.css").read_text()
    themes = f":root {{ {css_variables(LIGHT)} }}\n{_DARK} {{ :root {{ {css_variables(DARK)} }} }}\n"
    return themes + shared + own + _cells(LIGHT) + f"{_DARK} {{\n{_cells(DARK)}}}\n" + _swatches()


def _cells(theme: Theme) -> str:
    kinds = {f"right-{place}": colour for place, colour in enumerate(theme.models)} | {"wrong": theme.wrong}
    return "".join(
        _cell(f"{kind}-{step}", blend(theme.empty, colour, 0.16 + 0.84 * step / STRENGTHS))
        for kind, colour in kinds.items()
        for step in range(1, STRENGTHS + 1)
    )


def _cell(name: str, colour: str) -> str:
    return f".matrix td.cell-{name} {{ background: {colour}; color: {readable_on(colour)}; }}\n"


def _swatches() -> str:
    return "".join(
        f".swatch-{place} {{ background: var(--model-{place}); }}\n" for place in range(len(LIGHT.models))
    )
